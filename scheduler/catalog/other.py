"""Schedule shapes for other conditions, for maintenance, and for implanted neuromodulation as visits."""

from scheduler.protocols import Phase, Protocol, Redetermination, Visit, VisitKind

from .parts import (
    AFTER_1_MONTH,
    AFTER_3_MONTHS,
    AFTER_6_MONTHS,
    AFTER_12_MONTHS,
    USUAL_FOLLOW_UPS,
    mapping,
    ratings,
    spaced,
    treatment,
    weekday_phase,
    weekly,
)

OCD = Protocol(
    slug="ocd-deep-29",
    name="Deep TMS for OCD, 29 sessions",
    phases=(weekday_phase("acute", treatment(40, "deep"), 29),),
    first_visit=mapping("deep"),
    assessments=ratings("Y-BOCS", 1, 15, 29),
    follow_ups=USUAL_FOLLOW_UPS,
    summary="29 sessions, up to five a week, with time in each visit for the provocation before the stimulation.",
    source="29 sessions: wisconsintms.com; about 20 minutes with individual provocation before each: jove.com 68971",
)

SMOKING = Protocol(
    slug="smoking-18",
    name="Deep TMS to stop smoking, 15 daily and 3 weekly",
    phases=(
        weekday_phase("daily", treatment(30, "deep"), 15, at_least=4),
        weekly("weekly", treatment(30, "deep"), 3),
    ),
    first_visit=mapping("deep"),
    follow_ups=(AFTER_1_MONTH, AFTER_3_MONTHS),
    summary="15 sessions in three weeks, then one a week for three weeks.",
    source="Daily for three weeks, then weekly for three: Zangen 2021, PMC8429333",
)

MIGRAINE = Protocol(
    slug="migraine-3-alternate",
    name="Migraine prevention, 3 on alternate days",
    phases=(
        Phase(
            name="alternate days",
            visit=treatment(30),
            sessions=3,
            per_week_max=3,
            min_days_between=2,
            max_days_between=4,
        ),
    ),
    first_visit=mapping(),
    follow_ups=(AFTER_1_MONTH, AFTER_3_MONTHS),
    summary="Three sessions with a day off between them.",
    source="Three sessions on alternate days, outcome at one month: PubMed 23963471; doi 10.1007/s00415-016-8257-2",
)

MAINTENANCE = Protocol(
    slug="maintenance",
    name="Maintenance, weekly, fortnightly, monthly",
    phases=(
        weekly("weekly", treatment(30), 4),
        spaced("fortnightly", treatment(30), 4, 11, 17),
        spaced("monthly", treatment(30), 3, 24, 35),
    ),
    assessments=ratings("PHQ-9", 1, 4, 8, 11),
    follow_ups=(AFTER_3_MONTHS,),
    summary="Weekly for a month, every two weeks for two months, monthly for three.",
    source="O'Reardon's scheme in Relapse, Taper, Rescue and Maintenance TMS: clinicaltmssociety.org newsletter",
)

WEEKLY_REDETERMINATION = Protocol(
    slug="daily-30-weekly-redetermination",
    name="Daily rTMS, 30 sessions, threshold measured weekly",
    phases=(weekday_phase("acute", treatment(40), 30),),
    first_visit=mapping(),
    redetermination=Redetermination(
        visit=Visit(
            kind=VisitKind.REDETERMINATION,
            minutes=60,
            chair_kinds=frozenset({"rtms"}),
            prescriber_minutes=20,
        )
    ),
    assessments=ratings("HAM-D", 1, 15, 30),
    follow_ups=USUAL_FOLLOW_UPS,
    summary="30 sessions on clinic days; every seven days from the start the threshold is measured again in a longer "
    "visit that replaces that day's treatment.",
    source="Five a week on open days, weekly mapping without drift, ratings in weeks 0, 3 and 6: the Japanese insured "
    "inpatient course; once weekly as a rule: ehrsource.com documentation checklist",
)


def _visit(kind: VisitKind, minutes: int) -> Visit:
    """Build a visit with the prescriber alone, without a chair."""
    return Visit(kind=kind, minutes=minutes, needs_chair=False, needs_technician=False, prescriber_minutes=minutes)


def _single(name: str, visit: Visit, shortest: int, longest: int, condition: str = "") -> Phase:
    return Phase(
        name=name,
        visit=visit,
        sessions=1,
        per_week_max=1,
        min_days_between=shortest,
        max_days_between=longest,
        condition=condition,
    )


IMPLANTED = Protocol(
    slug="implanted-neuromodulation",
    name="Implanted neuromodulation: consultation, trial, decision, follow-up",
    phases=(
        _single("consultation", _visit(VisitKind.CONSULTATION, 60), 1, 7),
        _single("trial", _visit(VisitKind.TREATMENT, 60), 7, 60),
        _single("decision", _visit(VisitKind.CONSULTATION, 30), 5, 14),
        _single("after the implant", _visit(VisitKind.ASSESSMENT, 30), 14, 60, condition="if the trial helped"),
    ),
    follow_ups=(AFTER_1_MONTH, AFTER_3_MONTHS, AFTER_6_MONTHS, AFTER_12_MONTHS),
    summary="Visits only: a consultation, a trial, the decision, and, if the trial helped, a check after the implant.",
    source="Trial phase, then permanent, then regular follow-up appointments: a neuromodulation patient guide",
)
