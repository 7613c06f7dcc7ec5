"""The visits, rhythms and follow-ups that several protocols share."""

from scheduler.protocols import Assessment, FollowUp, Phase, Visit, VisitKind

# Efficacy holds while an interruption stays within 14 days (impireum.com/appointments, midcitytms.com).
LONGEST_BREAK = 14


def treatment(minutes: int, kind: str = "rtms", turnaround: int = 0) -> Visit:
    """Build a treatment visit on a chair of one kind."""
    return Visit(minutes=minutes, turnaround_minutes=turnaround, chair_kinds=frozenset({kind}))


def mapping(kind: str = "rtms", minutes: int = 60) -> Visit:
    """Build a mapping visit: after a quarter of an hour of preparation the prescriber comes for half an hour."""
    return Visit(
        kind=VisitKind.MAPPING,
        minutes=minutes,
        chair_kinds=frozenset({kind}),
        prescriber_minutes=30,
        prescriber_offset=15,
    )


def weekday_phase(name: str, visit: Visit, sessions: int, *, at_least: int = 3, condition: str = "") -> Phase:
    """Build a phase of up to five treatment days a week; three are the fewest that clinics accept."""
    return Phase(
        name=name,
        visit=visit,
        sessions=sessions,
        per_week_min=at_least,
        max_days_between=LONGEST_BREAK,
        condition=condition,
    )


def weekly(name: str, visit: Visit, sessions: int, condition: str = "") -> Phase:
    """Build a phase of one session a week."""
    return Phase(
        name=name,
        visit=visit,
        sessions=sessions,
        per_week_max=1,
        min_days_between=5,
        max_days_between=10,
        condition=condition,
    )


def spaced(name: str, visit: Visit, sessions: int, shortest: int, longest: int) -> Phase:
    """Build a phase whose sessions lie weeks apart."""
    return Phase(
        name=name,
        visit=visit,
        sessions=sessions,
        per_week_max=1,
        per_week_min=0,
        per_week_target=0,
        min_days_between=shortest,
        max_days_between=longest,
    )


def ratings(name: str, *at_sessions: int) -> tuple[Assessment, ...]:
    """Build a rating on the day of each numbered session."""
    return tuple(Assessment(name=name, at_session=number) for number in at_sessions)


REVIEW = Visit(kind=VisitKind.FOLLOW_UP, minutes=30, needs_chair=False, needs_technician=False, prescriber_minutes=30)
AFTER_4_WEEKS = FollowUp(name="4 weeks", visit=REVIEW, days=28, window_days=4)
AFTER_1_MONTH = FollowUp(name="1 month", visit=REVIEW, months=1, window_days=7)
AFTER_3_MONTHS = FollowUp(name="3 months", visit=REVIEW, months=3, window_days=10)
AFTER_6_MONTHS = FollowUp(name="6 months", visit=REVIEW, months=6, window_days=14)
AFTER_12_MONTHS = FollowUp(name="12 months", visit=REVIEW, months=12, window_days=21)
USUAL_FOLLOW_UPS = (AFTER_1_MONTH, AFTER_3_MONTHS, AFTER_6_MONTHS)
