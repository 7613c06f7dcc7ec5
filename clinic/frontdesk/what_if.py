"""What if the clinic were changed: asking, and an answer that grows week by week while one looks."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from clinic.models import Protocol, Site, Technician
from clinic.permissions import SEE, get_what_if_or_404
from clinic.selectors.protocols import protocols_on_offer
from clinic.selectors.what_if import Comparison, Question, expected_people
from clinic.services import what_if as services

from .staff import StaffRequest, actor, chosen_site, staff
from .what_if_form import WhatIfForm


@staff(SEE)
@require_POST
def ask(request: StaffRequest) -> HttpResponse:
    """Answer for the first weeks, and let a worker go on."""
    site, now = chosen_site(request), timezone.now()
    if site is None:
        return render(request, "frontdesk/no_site.html")
    form = _form(site, request.POST)
    if not form.is_valid():
        return render(request, "frontdesk/what_if.html", {"site": site, "change": form}, status=422)
    row = services.ask(site=site, question=form.question(), weeks=form.weeks, by=actor(request), now=now)
    return redirect("frontdesk:what-if", row.uid)


@staff(SEE)
def show(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Show the answer so far; to htmx only that."""
    row = get_what_if_or_404(request.user, uid)
    question = Question.read(row.question)
    context = {"what_if": row, "site": row.site, "comparison": Comparison.read(row)}
    if request.htmx:
        return render(request, "frontdesk/_outcome.html", context)
    form = _form(row.site, None, asked=question, weeks=row.weeks)
    context |= {"change": form, "people": question.a_week, "changes": list(_told(question))}
    return render(request, "frontdesk/what_if.html", context)


@staff(SEE)
@require_POST
def stop(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Keep the answer for the weeks that it has."""
    row = get_what_if_or_404(request.user, uid)
    services.stop(what_if=row)
    return redirect("frontdesk:what-if", row.uid)


def _form(site: Site, data: Any, **before: Any) -> WhatIfForm:
    rows = [offer.row for offer in protocols_on_offer()]
    return WhatIfForm(data, site=site, protocols=rows, expected=expected_people(site, timezone.now()), **before)


def _told(question: Question) -> Iterator[str]:
    """Yield a sentence for each change that is asked about."""
    if question.chairs:
        yield ngettext("There is one chair more.", "There are %(count)d chairs more.", question.chairs) % {
            "count": question.chairs
        }
    if question.more_hours:
        yield _("The clinic is also open %(hours)s.") % {"hours": question.more_hours}
    if question.part_time:
        key, hours = question.part_time
        name = Technician.objects.filter(pk=key).values_list("name", flat=True).first() or "–"
        yield _("%(name)s works only %(hours)s.") % {"name": name, "hours": hours}
    if question.switch:
        names = dict(Protocol.objects.filter(slug__in=question.switch).order_by("version").values_list("slug", "name"))
        old, new = (names.get(slug, slug) for slug in question.switch)
        yield _("Everybody gets %(new)s instead of %(old)s.") % {"new": new, "old": old}
