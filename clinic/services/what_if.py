"""Asking what would become of the people who are expected: some weeks at once, the others by a worker."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from time import monotonic

from django.db.models import F

from clinic.models import Site, WhatIf
from clinic.selectors.what_if import Comparison, Question, comparisons, next_week
from clinic.services import audit, leases

SECONDS = 0.7  # for planning in a request; the week that is begun by then is still finished
KEPT = timedelta(days=14)
TELL_EVERY = 1.0  # seconds after which a worker writes down how far it is, and looks whether it may go on


def ask(*, site: Site, question: Question, weeks: int, by: audit.Actor, now: datetime) -> WhatIf:
    """Answer for as many weeks as there is time for at once, at least one; a worker goes on with the others.

    Questions that the same person asked before about this site are not gone on with.
    """
    first = next_week(site, now)
    found = _at_once(comparisons(site=site, question=question, first=first, weeks=weeks, now=now))
    WhatIf.objects.filter(created_at__lt=now - KEPT).delete()
    WhatIf.objects.filter(site=site, created_by=by.user, weeks_done__lt=F("weeks")).update(is_stopped=True)
    return WhatIf.objects.create(
        site=site,
        question=question.data,
        first_date=first,
        weeks=weeks,
        weeks_done=found.weeks,
        answer=found.data,
        created_by=by.user,
        created_at=now,
    )


def go_on_due(*, now: datetime, meanwhile: Callable[[], object] = lambda: None) -> bool:
    """Go on with one question that has weeks left; return False when none is due.

    Half a year of many people takes the worker half a minute, so that `meanwhile` does what is more urgent every
    second. Whoever stops it is heard as soon.
    """
    waiting = WhatIf.objects.filter(is_stopped=False, weeks_done__lt=F("weeks"), created_at__gt=now - KEPT)
    key = leases.take(waiting.order_by("created_at", "pk"), now=now)
    if key is None:
        return False
    row = WhatIf.objects.select_related("site").get(pk=key)
    begun = told = monotonic()
    question = Question.read(row.question)
    for found in comparisons(site=row.site, question=question, first=row.first_date, weeks=row.weeks, now=now):
        if monotonic() - told >= TELL_EVERY or found.weeks == row.weeks:
            told = monotonic()
            if not _tell(row, found, now + timedelta(seconds=told - begun)):
                break
            meanwhile()
    WhatIf.objects.filter(pk=key).update(lease_until=None)
    return True


def stop(*, what_if: WhatIf) -> None:
    """Keep an answer for the weeks that it has; nobody goes on with the others."""
    WhatIf.objects.filter(pk=what_if.pk).update(is_stopped=True)


def _at_once(answers: Iterator[Comparison]) -> Comparison:
    until, found = monotonic() + SECONDS, next(answers)
    while monotonic() < until and (further := next(answers, None)):
        found = further
    return found


def _tell(row: WhatIf, found: Comparison, now: datetime) -> bool:
    """Write down an answer, if it is for more weeks than the one that is shown; tell whether to go on."""
    news = {"weeks_done": found.weeks, "answer": found.data} if found.weeks > row.weeks_done else {}
    running = WhatIf.objects.filter(pk=row.pk, is_stopped=False)
    return bool(running.update(lease_until=now + leases.LEASE, **news))
