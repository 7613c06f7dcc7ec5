"""Where somebody works: the language of the pages, and the clinic by whose habits they are written."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from clinic.models import Site, User
from clinic.permissions import sites_of
from clinic.selectors.written import as_written_at

ENGLISH, SPANISH = settings.LANGUAGE_CODE, "es"
# Programs read these: their codes and names are the contract, and are not translated.
PROGRAMS = ("/api/", "/fhir/", "/calendar/", "/replies/")
PATIENTS = "/my/"  # which know the language of each patient
REMEMBERED = "site"


class Place:
    """Hold the clinics of whoever asks, and where they are: named in the address, chosen before, or the first."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def sites(self) -> list[Site]:
        """Return the clinics of a member of staff, in one query a request."""
        return list(sites_of(self.request.user)) if isinstance(self.request.user, User) else []

    @cached_property
    def site(self) -> Site | None:
        """Return where they are; None for somebody without a clinic."""
        named = {str(site.uid): site for site in self.sites}
        for wanted in (self.request.GET.get("site"), self.request.session.get(REMEMBERED)):
            if wanted in named:
                return named[wanted]
        return self.sites[0] if self.sites else None

    def remember(self, site: Site) -> None:
        """Stay at a clinic from now on."""
        self.request.session[REMEMBERED] = str(site.uid)

    @property
    def has_zones(self) -> bool:
        """Tell whether the reader's clinics keep different clocks, so that a page has to say which one it shows."""
        return len({site.timezone for site in self.sites}) > 1

    @property
    def clocks(self) -> list[tuple[Site, datetime]]:
        """Return the clinics with the time on their walls."""
        now = timezone.now()
        return [(site, now.astimezone(site.zone)) for site in self.sites]


class AtTheDesk:
    """Answer each member of staff in their language, and visitors in that of their browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        if request.path.startswith(PROGRAMS):
            return self.get_response(request)
        place = Place(request)
        request.place = place  # type: ignore[attr-defined]
        with translation.override(language_of(request)), as_written_at(lambda: place.site):
            response = self.get_response(request)
        patch_vary_headers(response, ["Accept-Language"])
        return response


def language_of(request: HttpRequest) -> str:
    """Return the language of a page: what the member of staff chose, else that of the browser."""
    chosen = ""
    if settings.SESSION_COOKIE_NAME in request.COOKIES and not request.path.startswith(PATIENTS):
        chosen = getattr(request.user, "language", "")
    wanted = chosen or translation.get_language_from_request(request)
    return SPANISH if wanted == SPANISH else ENGLISH


def place_of(request: HttpRequest) -> Place:
    """Return where somebody works."""
    return cast("Place", request.place)  # type: ignore[attr-defined]
