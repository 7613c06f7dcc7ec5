"""The page on which a form is sent again after a new sign-in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import csrf

from clinic.permissions import SEE

from .kept_forms import keep, take
from .staff import StaffRequest, staff


@staff(SEE)
def send_again(request: StaffRequest) -> HttpResponse:
    """Offer to send the form that was being sent when the sign-in ended."""
    form = take(request)
    return render(request, "frontdesk/send_again.html", {"form": form}) if form else redirect("frontdesk:today")


def open_too_long(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose proof is of an earlier sign-in, which somebody has renewed on another page meanwhile.

    Only where the browser itself vouches that one of our own pages sent it, is it offered again.
    """
    if request.headers.get("Sec-Fetch-Site") == "same-origin" and keep(request):
        return redirect("frontdesk:send-again")
    return csrf.csrf_failure(request, reason)
