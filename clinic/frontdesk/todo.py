"""To do: one list of everything that waits for the desk, each row with the one thing to do next."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clinic.permissions import BOOK, DISRUPT, MOVE, SEE, may
from clinic.selectors.todo import todo as gathered
from clinic.selectors.todo import waiting_count

from .staff import StaffRequest, chosen_site, staff
from .todo_rows import Allowed, sections_of


@staff(SEE)
def todo(request: StaffRequest) -> HttpResponse:
    """List what waits for the desk of a clinic."""
    site = chosen_site(request)
    if site is None:
        return render(request, "frontdesk/no_site.html")
    now = timezone.now()
    found = gathered(site, now)
    user = request.user
    allowed = Allowed(move=may(user, MOVE), book=may(user, BOOK), disrupt=may(user, DISRUPT))
    context = {
        "site": site,
        "today": now.astimezone(site.zone).date(),
        "todo_count": found.count,
        "sections": sections_of(found, site, allowed, request.GET.get("show", "")),
    }
    return render(request, "frontdesk/todo.html", context)


@staff(SEE)
def count(request: StaffRequest) -> HttpResponse:
    """Say how many things wait, for the number beside the link; nothing when there is none."""
    site = chosen_site(request)
    number = waiting_count(site, timezone.now()) if site else 0
    return HttpResponse(str(number or ""), content_type="text/plain")
