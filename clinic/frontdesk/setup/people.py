"""Technicians and prescribers: add, change, say that somebody has left or is back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.frontdesk.staff import StaffRequest, actor, staff
from clinic.models import Technician
from clinic.permissions import SETUP, people_to_arrange, sites_to_arrange
from clinic.selectors.setup.marks import person_mark
from clinic.selectors.setup.rota import Person
from clinic.services.setup import people as services

from . import calendars as addresses
from .forms import PersonForm, SetupForm, sent
from .pages import page


@staff(SETUP)
def people(request: StaffRequest, kind: str = "technician") -> HttpResponse:
    """List who runs sessions and who prescribes, and add somebody."""
    _insist_on(kind)
    form = PersonForm(sent(request), kind=kind)
    if form.is_bound and form.carry_out(
        lambda: services.add_person(kind=kind, data=form.said(), by=actor(request), now=timezone.now())
    ):
        messages.success(
            request, _("%(name)s is added. Now say in the rota when they work.") % {"name": form.cleaned_data["name"]}
        )
        site = sites_to_arrange(request.user).filter(is_active=True).first()
        return redirect("frontdesk:setup:rota", site.uid) if site else redirect("frontdesk:setup:people")
    groups = [(name, _listed(request, name)) for name in services.KINDS]
    return page(request, "people.html", form=form, kind=kind, groups=groups)


@staff(SETUP)
def show(request: StaffRequest, kind: str, uid: UUID) -> HttpResponse:
    """Change what is known about somebody."""
    person = _person(request, kind, uid)
    form = PersonForm(sent(request), initial=_known(person), kind=kind)
    if form.is_bound and form.carry_out(
        lambda: services.change_person(
            person=person, data=form.said(), by=actor(request), now=timezone.now(), seen=form.cleaned_data["seen"]
        )
    ):
        messages.success(request, _("%(name)s is saved.") % {"name": form.cleaned_data["name"]})
        return redirect("frontdesk:setup:people")
    return _shown(request, kind, person, form)


@staff(SETUP)
@require_POST
def state(request: StaffRequest, kind: str, uid: UUID) -> HttpResponse:
    """Say that somebody has left or is back, or delete somebody who was never booked."""
    person, by, now = _person(request, kind, uid), actor(request), timezone.now()
    form, asked = SetupForm(request.POST), request.POST.get("do", "")

    def work() -> None:
        if asked == "delete":
            services.delete_person(person=person, by=by, now=now)
        else:
            services.set_active(person=person, is_active=asked == "back", by=by, now=now)

    if not form.carry_out(work):
        return _shown(request, kind, person, PersonForm(initial=_known(person), kind=kind), refused=form)
    said = {"delete": _("%(name)s is deleted."), "back": _("%(name)s is back.")}
    messages.success(request, said.get(asked, _("%(name)s is not planned any more.")) % {"name": person.name})
    return redirect("frontdesk:setup:people")


@staff(SETUP)
@require_POST
def calendars(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Make, replace or end an address from which a calendar program reads what a technician runs."""
    kind, now = "technician", timezone.now()
    person = _person(request, kind, uid)
    assert isinstance(person, Technician)
    form = PersonForm(initial=_known(person), kind=kind)
    return addresses.carry_out(request, person, now, lambda fresh: _shown(request, kind, person, form, fresh=fresh))


def _shown(
    request: StaffRequest,
    kind: str,
    person: Person,
    form: PersonForm,
    refused: SetupForm | None = None,
    fresh: str = "",
) -> HttpResponse:
    context: dict[str, Any] = {"person": person, "kind": kind, "way_out": {"what": f"{kind}:{person.uid}"}}
    if isinstance(person, Technician):
        context |= addresses.shown(person, timezone.now(), fresh)
    return page(request, "person.html", form=form, refused=refused, **context)


def _known(person: Person) -> dict[str, object]:
    return {"name": person.name, "at_once": getattr(person, "at_once", 1), "seen": person_mark(person)}


def _person(request: StaffRequest, kind: str, uid: UUID) -> Person:
    _insist_on(kind)
    return get_object_or_404(people_to_arrange(request.user, services.KINDS[kind]), uid=uid)


def _listed(request: StaffRequest, kind: str) -> list[Person]:
    rows = people_to_arrange(request.user, services.KINDS[kind]).prefetch_related("shifts__site")
    return list(rows.order_by("-is_active", "name"))


def _insist_on(kind: str) -> None:
    if kind not in services.KINDS:
        raise Http404
