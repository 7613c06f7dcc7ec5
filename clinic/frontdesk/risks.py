"""Courses at risk: a work list, worst first, each with the one thing to do next."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from clinic.permissions import BOOK, MOVE, SEE, may, sites_of
from clinic.selectors.risks import CourseAtRisk, courses_at_risk

from .staff import StaffRequest, chosen_site, staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Hold what to do next about a course: the words on the button, its icon, and where it leads."""

    label: str
    icon: str
    address: str


@staff(SEE)
def risks(request: StaffRequest) -> HttpResponse:
    """List the courses of a clinic that need somebody."""
    site = chosen_site(request)
    if site is None:
        return render(request, "frontdesk/no_site.html")
    now = timezone.now()
    allowed = {"can_move": may(request.user, MOVE), "can_book": may(request.user, BOOK)}
    rows = [(row, _step(row, **allowed)) for row in courses_at_risk(site, now)]
    context = {
        "rows": rows,
        "site": site,
        "sites": sites_of(request.user),
        "today": now.astimezone(site.zone).date(),
        "reds": sum(row.level == "red" for row, _ in rows),
    }
    return render(request, "frontdesk/risks.html", context)


def _step(row: CourseAtRisk, *, can_move: bool, can_book: bool) -> Step:
    """Return the next step: about the worst risk, where the desk can do something about it at once."""
    worst = row.lines[0]
    if worst.code == "gap-ahead" and worst.session and can_move:
        return Step(label="Bring it forward", icon="move", address=reverse("frontdesk:move", args=[worst.session]))
    if worst.code in ("sessions-missing", "standing-still") and worst.session and can_move:
        return Step(label="Make it up", icon="undo", address=reverse("frontdesk:make-up", args=[worst.session]))
    if worst.code == "decision-due" and can_book:
        address = reverse("frontdesk:decisions", args=[row.course.uid])
        return Step(label="Note the decision", icon="forward", address=address)
    if worst.code == "follow-up-missing" and worst.follow_up is not None and can_move:
        address = reverse("frontdesk:follow-up", args=[row.course.uid, worst.follow_up])
        return Step(label="Book the follow-up", icon="book", address=address)
    if worst.code == "assessment-overdue" and worst.session:
        return Step(label="Next session", icon="forward", address=reverse("frontdesk:session", args=[worst.session]))
    if worst.code == "attendance-unknown" and worst.day:
        day = reverse("frontdesk:day", args=[worst.day])
        return Step(label="Say what became of it", icon="today", address=f"{day}?site={row.course.site.uid}")
    address = reverse("frontdesk:patient", args=[row.course.patient.uid])
    return Step(label="Look at the course", icon="person", address=address)
