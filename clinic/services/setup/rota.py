"""The rota: a week is painted over what was there, from a date on or for that week alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product

from django.utils.translation import gettext as _

from clinic.models import Shift, Site
from clinic.selectors.setup.marks import mark
from clinic.selectors.setup.rota import Person, Texts, people_at, shifts_of, texts_of
from clinic.selectors.setup.stretches import Stretch, painted, stretches
from clinic.selectors.written import weekday
from clinic.services import audit
from scheduler import WeeklyHours

from .errors import InvalidSetup
from .guard import keeping_sessions
from .hours import read_week, week_texts
from .people import kind_of
from .reading import insist_on

FURTHEST = timedelta(days=731)


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    """Hold somebody's week as it was typed, and the mark of what the page showed."""

    texts: Texts
    seen: str | None = None


def save_rota(
    *,
    site: Site,
    weeks: Mapping[str, Painted],
    shown: date,
    first: date,
    last: date | None,
    by: audit.Actor,
    now: datetime,
) -> list[Person]:
    """Paint weeks, by the public ids of people, from a first date on or to a last one; return whose hours changed.

    Whoever has the same hours in the week that was `shown` is left alone, so that an exception of one week, which
    stands on the page beside what was changed, does not become a habit.

    Raises InvalidSetup with sentences at "<uid>-<weekday>", SessionsInTheWay when booked sessions would lose somebody,
    StaleVersion when somebody else painted the same person, and Busy.
    """
    today = now.astimezone(site.zone).date()
    if not today <= first <= today + FURTHEST:
        raise InvalidSetup({"from": _("Give a date from today on, at most two years ahead. The past stays as it was.")})
    hours = _read(weeks)
    dates = [shown + timedelta(days=offset) for offset in range(7)]

    def paint() -> list[Person]:
        own, changed = shifts_of(site), []
        for _other, person in people_at(site):
            week, before = weeks.get(str(person.uid)), stretches(own[person.pk])
            if week is None or week_texts(str(hours[str(person.uid)])) == texts_of(before, dates):
                continue
            new = Stretch(hours=hours[str(person.uid)], first=first, last=last)
            after = painted(before, new)
            if after == before:
                continue
            insist_on(week.seen, mark(before))
            _insist_on_one_place(person, site, after)
            _write(person, site, after)
            data = {kind_of(person): str(person.uid), "from": first.isoformat(), "hours": str(new.hours)}
            audit.record(by=by, now=now, action="rota changed", data=data)
            changed.append(person)
        return changed

    return keeping_sessions([site], paint, now=now)


def _write(person: Person, site: Site, items: Iterable[Stretch]) -> None:
    who = {kind_of(person): person}
    Shift.objects.filter(site=site, **who).delete()
    Shift.objects.bulk_create(
        Shift(site=site, hours=str(item.hours), first_date=item.first, last_date=item.last, **who) for item in items
    )


def _read(weeks: Mapping[str, Painted]) -> dict[str, WeeklyHours]:
    errors: dict[str, str] = {}
    hours: dict[str, WeeklyHours] = {}
    for uid, week in weeks.items():
        try:
            hours[uid] = read_week(_seven(week.texts))
        except InvalidSetup as wrong:
            errors |= {f"{uid}-{name.removeprefix('day_')}": sentence for name, sentence in wrong.errors.items()}
    if errors:
        raise InvalidSetup(errors)
    return hours


def _seven(texts: Sequence[str]) -> Sequence[str]:
    return (*texts, *("",) * 7)[:7]


def _insist_on_one_place(person: Person, site: Site, own: tuple[Stretch, ...]) -> None:
    """Refuse hours in which somebody works at another site."""
    for shift in Shift.objects.filter(**{kind_of(person): person}).exclude(site=site).select_related("site"):
        for there, here in product(stretches([shift]), own):
            day = _clash(there.hours, here.hours) if there.within(here.first, here.last) else None
            if day is not None:
                sentence = _("%(name)s works at %(name2)s at these hours on %(weekdays)s.") % {
                    "name": person.name,
                    "name2": shift.site.name,
                    "weekdays": weekday(day),
                }
                raise InvalidSetup({f"{person.uid}-{day}": sentence})


def _clash(some: WeeklyHours, others: WeeklyHours) -> int | None:
    """Return the first weekday on which two weeks have hours in common."""
    pairs = ((a, b) for a, b in product(some.windows, others.windows) if a.weekday == b.weekday)
    return next((a.weekday for a, b in pairs if a.start < b.end and b.start < a.end), None)
