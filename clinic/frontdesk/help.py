"""Help in place: what each page is for, and which keys there are."""

from django.http import HttpResponse
from django.shortcuts import render

from clinic.permissions import SEE

from .staff import StaffRequest, staff


@staff(SEE)
def show(request: StaffRequest) -> HttpResponse:
    """Show the help; over another page only the keys are asked for."""
    return render(request, "frontdesk/_keys.html" if request.htmx else "frontdesk/help.html")
