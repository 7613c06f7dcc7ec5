"""Who may come in, and what a page of the desk may rely on."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from clinic.models import Site, User
from clinic.models.fields import one_line
from clinic.permissions import may
from clinic.services.audit import Actor

from .kept_forms import keep
from .place import place_of

View = Callable[..., HttpResponse]
LONGEST_VERSION = 10
LONGEST_WHY = 400  # as the record holds it


class StaffRequest(HttpRequest):
    """A request of somebody who has signed in."""

    user: User
    htmx: HtmxDetails


def staff(action: str) -> Callable[[View], View]:
    """Open a view to signed-in members of staff whose role allows the action; nothing of it stays in caches."""

    def guard(view: View) -> View:
        @never_cache
        @wraps(view)
        def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return sign_in_first(request)
            if not may(request.user, action):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return guard


def sign_in_first(request: StaffRequest) -> HttpResponse:
    """Send the visitor to the sign-in page, also when only a part of a page was asked for; keep what was typed."""
    after = reverse("frontdesk:send-again") if request.method == "POST" and keep(request) else request.get_full_path()
    answer = redirect_to_login(after)
    return HttpResponseClientRedirect(answer["Location"]) if request.htmx else answer


def version_in(request: StaffRequest) -> int | None:
    """Return the version of a row that the person saw, as the form sends it; None when it says none."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < LONGEST_VERSION else None


def why_in(request: StaffRequest) -> str:
    """Return the reason that the person gave, as one line."""
    return one_line(request.POST.get("why", ""), LONGEST_WHY)


def actor(request: StaffRequest) -> Actor:
    """Return the person whom the record will name."""
    return Actor.of_user(request.user)


def chosen_site(request: StaffRequest) -> Site | None:
    """Return the clinic named in the address, else where the user is; None when there is none at all.

    Raises Http404 for a clinic that is not the user's.
    """
    place = place_of(request)
    wanted = request.GET.get("site")
    if wanted is not None and wanted not in {str(site.uid) for site in place.sites}:
        raise Http404
    return place.site
