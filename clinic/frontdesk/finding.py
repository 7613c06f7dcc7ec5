"""The search field of every page: patients and commands, as a list below the field or as a page of its own."""

from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from clinic.models import Patient, User
from clinic.permissions import SEE
from clinic.selectors.finding import MOST_FOUND, Found, find_patients

from .births import births_in
from .commands import Command, Verb, commands, is_for_a_day, split_verb
from .place import place_of
from .staff import StaffRequest, staff

LONGEST_QUERY = 200
SUGGESTED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Hold what a search means: patients, each with the page to open, and commands."""

    found: Found
    page: str
    title: str
    commands: tuple[Command, ...]

    @property
    def rows(self) -> list[tuple[Patient, str]]:
        """Return the patients with their addresses."""
        return [(patient, reverse(f"frontdesk:{self.page}", args=[patient.uid])) for patient in self.found.patients]

    @property
    def only(self) -> str:
        """Return the one address that can be meant, or nothing. A name that is only alike is never opened unseen."""
        certain = [] if self.found.is_near else [address for _, address in self.rows]
        meant = certain or ([] if self.rows else [command.address for command in self.commands])
        return meant[0] if len(meant) == 1 else ""


@staff(SEE)
def patients(request: StaffRequest) -> HttpResponse:
    """Show who and what matches; the only match opens at once, and while somebody types a short list is sent."""
    query = request.GET.get("q", "")[:LONGEST_QUERY].replace("\x00", "").strip()
    now = timezone.now()
    site = place_of(request).site
    today = now.astimezone(site.zone).date() if site else now.date()
    if request.htmx:
        answer = search(query, user=request.user, now=now, today=today, limit=SUGGESTED)
        return render(request, "frontdesk/_found.html", {"answer": answer, "query": query, "today": today})
    answer = search(query, user=request.user, now=now, today=today, limit=MOST_FOUND)
    if query and answer.only:
        return redirect(answer.only)
    return render(request, "frontdesk/patients.html", {"answer": answer, "query": query, "today": today})


def search(query: str, *, user: User, now: datetime, today: date, limit: int) -> Answer:
    """Read a search: perhaps a verb, then a date of birth, a name, a number or a phone, or else a command."""
    meant = commands(query, user=user, today=today)
    if is_for_a_day(query) and meant:
        return Answer(found=Found(patients=()), page="patient", title="", commands=meant)
    verb, text = split_verb(query, user)
    found = found_for(text, user, now, today, limit)
    if verb and not found.patients:
        verb, found = None, found_for(query, user, now, today, limit)
    verb = verb or Verb(page="patient", title="", action=SEE)
    return Answer(found=found, page=verb.page, title=str(verb.title), commands=meant)


def found_for(text: str, user: User, now: datetime, today: date, limit: int) -> Found:
    """Find patients by a text that may have a date of birth in it."""
    name, births = births_in(text, today)
    found = find_patients(name, user=user, now=now, births=births, limit=limit)
    if found.patients or not births or not text.isdecimal():
        return found
    return find_patients(text, user=user, now=now, limit=limit)  # eight digits may be a number as well
