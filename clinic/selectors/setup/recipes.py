"""A protocol as its form shows it, and an example course: the real planner on an empty week of the clinic."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import planning
from clinic.models import Site
from clinic.selectors.weeks import Visit, Week, weeks_of
from clinic.selectors.words import told
from scheduler import (
    Chair,
    Clinic,
    CourseRequest,
    FollowUp,
    Phase,
    Prescriber,
    Shift,
    Technician,
    plan_course,
    week_start,
)
from scheduler import Protocol as Recipe

from .protocols import visits_of

MOST_SESSIONS = 300
NO_PLACE = gettext_lazy(
    "This rhythm finds no place in the hours of {site}, even when it is empty. Check minutes, days and gaps."
)
FIRST_PHASE = {
    "name": "acute",
    "minutes": "30",
    "turnaround": "0",
    "sessions": "20",
    "taper": "",
    "week_min": "3",
    "week_max": "5",
    "weekdays": ["0", "1", "2", "3", "4"],
    "per_day": "1",
    "between": "0",
    "gap_min": "1",
    "gap_max": "14",
    "kinds": "rtms",
    "condition": "",
    "block": "",
    "break": "",
    "of": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Hold an example course, or the sentences that say why there is none."""

    weeks: tuple[Week, ...] = ()
    sessions: int = 0
    first: datetime | None = None
    last: datetime | None = None
    follow_ups: tuple[Visit, ...] = ()
    left_out: tuple[str, ...] = ()
    why_not: tuple[str, ...] = ()


def typed(recipe: Recipe) -> dict[str, Any]:
    """Write a protocol as the values of its form."""
    first, redo = recipe.first_visit, recipe.redetermination
    found: dict[str, Any] = {
        "name": recipe.name,
        "summary": recipe.summary,
        "source": recipe.source,
        "first_minutes": first.minutes if first else "",
        "first_prescriber": first.prescriber_minutes if first else "",
        "first_offset": first.prescriber_offset if first else "",
        "redo_every": redo.every_days if redo else "",
        "redo_minutes": redo.visit.minutes if redo else "",
        "follow_ups": ", ".join(_when(item) for item in recipe.follow_ups),
        "follow_minutes": recipe.follow_ups[0].visit.minutes if recipe.follow_ups else "",
        "assessments": _ratings(recipe),
    }
    for number, phase in enumerate(recipe.phases):
        found |= {f"p{number}-{name}": value for name, value in _typed_phase(phase, number).items()}
    return found


def example(recipe: Recipe, *, site: Site, now: datetime) -> Example:
    """Plan a course from next week on, as if the clinic were empty and had a chair and people for it."""
    if recipe.sessions() > MOST_SESSIONS:
        return Example(
            why_not=(
                _("A course of more than %(most_sessions)s sessions is shown to nobody as an example.")
                % {"most_sessions": MOST_SESSIONS},
            )
        )
    today = now.astimezone(site.zone).date()
    monday = week_start(today, site.week_starts_on) + timedelta(weeks=1)
    loaded, _other = planning.load(site=site, first=monday, last=monday, now=now)
    request = CourseRequest(patient="example", protocol=recipe, earliest_date=monday)
    (plan,) = plan_course(request, _empty(loaded, recipe), alternatives=False)
    data = planning.plan_data(plan)
    visits = [
        Visit(
            number=item.number,
            kind=item.kind.value,
            starts_at=item.when.start.astimezone(site.zone),
            ends_at=item.when.end.astimezone(site.zone),
            assessments=tuple(item.assessments),
        )
        for item in plan.sessions
    ]
    main = [visit for visit in visits if visit.kind != "follow-up"]
    reasons = [reason for item in data["unplaced"] for reason in item["reasons"] if reason["code"] != "no-place"]
    return Example(
        weeks=weeks_of(main, site=site, closed={}),
        sessions=len(main),
        first=main[0].starts_at if main else None,
        last=main[-1].starts_at if main else None,
        follow_ups=tuple(visit for visit in visits if visit.kind == "follow-up"),
        left_out=tuple(phase.name for phase in recipe.phases if phase.condition),
        why_not=() if main else (NO_PLACE.format(site=site.name), *told(reasons, {}, site)),
    )


def _empty(loaded: Clinic, recipe: Recipe) -> Clinic:
    """Return a site with its hours, without closures, with one chair of every kind and people who are always there."""
    site = replace(loaded.sites[0], closures=())
    kinds = frozenset(kind for visit in visits_of(recipe) for kind in visit.chair_kinds)
    shifts = (Shift(site=site.id, hours=site.hours),)
    return Clinic(
        sites=(site,),
        chairs=(Chair(id="chair", name="Chair", site=site.id, kinds=kinds),),
        technicians=(Technician(id="technician", name="Technician", shifts=shifts),),
        prescribers=(Prescriber(id="prescriber", name="Prescriber", shifts=shifts),),
    )


def _typed_phase(phase: Phase, number: int) -> dict[str, Any]:
    blocks = phase.blocks
    return {
        "name": phase.name,
        "minutes": phase.visit.minutes,
        "turnaround": phase.visit.turnaround_minutes,
        "sessions": "" if phase.taper else phase.sessions,
        "taper": ", ".join(str(days) for days in phase.taper),
        "week_min": phase.per_week_min,
        "week_max": phase.per_week_max,
        "weekdays": [str(day) for day in sorted(phase.weekdays)],
        "per_day": phase.sessions_per_day,
        "between": phase.minutes_between_starts,
        "gap_min": phase.min_days_between,
        "gap_max": phase.max_days_between,
        "kinds": ", ".join(sorted(phase.visit.chair_kinds)),
        "condition": phase.condition,
        "block": f"{blocks.min_days}-{blocks.max_days}" if blocks else "",
        "break": blocks.max_break_days if blocks else "",
        "of": number,
    }


def _ratings(recipe: Recipe) -> str:
    """Write "PHQ-9: 1, 10, 20; Review: 30"."""
    numbers: dict[str, list[str]] = {}
    for item in recipe.assessments:
        numbers.setdefault(item.name, []).append(str(item.at_session))
    return "; ".join(f"{name}: {', '.join(sessions)}" for name, sessions in numbers.items())


def _when(item: FollowUp) -> str:
    if item.months:
        return f"{item.months} months" if item.months > 1 else "1 month"
    return f"{item.days // 7} weeks" if item.days % 7 == 0 else f"{item.days} days"
