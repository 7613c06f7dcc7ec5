"""Courses at risk: a work list, worst first, each with the one thing to do next."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.permissions import BOOK, MOVE, SEE, may
from clinic.selectors.risks import CourseAtRisk, RiskLine, courses_at_risk

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
    rows = [(row, step_for(row, row.lines[0], **allowed)) for row in courses_at_risk(site, now)]
    context = {
        "rows": rows,
        "site": site,
        "today": now.astimezone(site.zone).date(),
        "reds": sum(row.level == "red" for row, _other in rows),
    }
    return render(request, "frontdesk/risks.html", context)


def step_for(row: CourseAtRisk, line: RiskLine, *, can_move: bool, can_book: bool) -> Step:
    """Return the next step about a risk of a course, where the desk can do something about it at once."""
    if line.code == "gap-ahead" and line.session and can_move:
        return Step(label=_("Bring it forward"), icon="move", address=reverse("frontdesk:move", args=[line.session]))
    if line.code in ("sessions-missing", "standing-still") and line.session and can_move:
        return Step(label=_("Make it up"), icon="undo", address=reverse("frontdesk:make-up", args=[line.session]))
    if line.code == "decision-due" and can_book:
        address = reverse("frontdesk:decisions", args=[row.course.uid])
        return Step(label=_("Note the decision"), icon="forward", address=address)
    if line.code == "follow-up-missing" and line.follow_up is not None and can_move:
        address = reverse("frontdesk:follow-up", args=[row.course.uid, line.follow_up])
        return Step(label=_("Book the follow-up"), icon="book", address=address)
    if line.code == "assessment-overdue" and line.session:
        return Step(label=_("Next session"), icon="forward", address=reverse("frontdesk:session", args=[line.session]))
    if line.code == "attendance-unknown" and line.day:
        day = reverse("frontdesk:day", args=[line.day])
        return Step(label=_("Say what became of it"), icon="today", address=f"{day}?site={row.course.site.uid}")
    address = reverse("frontdesk:patient", args=[row.course.patient.uid])
    return Step(label=_("Look at the course"), icon="person", address=address)
