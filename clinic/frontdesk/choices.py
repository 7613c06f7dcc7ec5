"""One session of a proposal: why there, and where else."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clinic.permissions import BOOK, get_proposal_or_404
from clinic.selectors.availability import grid_of
from clinic.selectors.choices import choice as find_choice

from .course_form import values_of
from .staff import StaffRequest, staff


@staff(BOOK)
def choice(request: StaffRequest, uid: UUID, plan: int, number: int) -> HttpResponse:
    """Show one session; without script it is a page of its own, whose buttons send the whole form along."""
    proposal = get_proposal_or_404(request.user, uid)
    found = find_choice(proposal, plan, number, timezone.now())
    if found is None:
        raise Http404
    context = {"choice": found, "proposal": proposal, "patient": proposal.patient, "site": proposal.site}
    if request.htmx:
        return render(request, "frontdesk/_choice.html", context)
    data = values_of(proposal.request, proposal.protocol, proposal.site, grid_of(proposal.site, {}))
    fields = [(name, value) for name, values in data.lists() for value in values]
    return render(request, "frontdesk/choice.html", context | {"fields": fields})
