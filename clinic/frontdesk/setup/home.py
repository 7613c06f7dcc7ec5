"""The set-up at a glance."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from clinic.frontdesk.staff import StaffRequest, staff
from clinic.models import Protocol
from clinic.permissions import SETUP, accounts_to_arrange, sites_to_arrange
from clinic.selectors.setup.overview import cards, holidays_to_come

from .pages import page


@staff(SETUP)
def home(request: StaffRequest) -> HttpResponse:
    """Show what each clinic has and what it lacks."""
    sites = list(sites_to_arrange(request.user).order_by("-is_active", "name"))
    if not sites:
        return redirect("frontdesk:setup:first")
    return page(
        request,
        "home.html",
        cards=[(card, holidays_to_come(card.site, timezone.now())[:1]) for card in cards(sites)],
        offered=Protocol.objects.filter(is_current=True).count(),
        accounts=accounts_to_arrange(request.user).filter(is_active=True).count(),
    )
