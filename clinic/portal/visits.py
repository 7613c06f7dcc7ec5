"""Who is looking: a browser session of the patients' own, apart from the staff's sign-in, over after half an hour."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime

from clinic.models import ContactWishes, Patient, PatientLink
from clinic.models.messages import Language
from clinic.selectors.changes_seen import looked_before
from clinic.services import access

COOKIE = "__Secure-my" if settings.SESSION_COOKIE_SECURE else "my"
PATH = "/my/"
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
LANGUAGE_LASTS = timedelta(days=365)
SEEN_IS_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Hold who is looking, when, and when that was the last time before."""

    link: PatientLink
    now: datetime
    before: datetime | None = None

    @property
    def patient(self) -> Patient:
        """Return the patient."""
        return self.link.patient


def begin(request: HttpRequest, response: HttpResponse, link: PatientLink, now: datetime) -> None:
    """Sign a patient in, under a new key even where somebody was signed in before."""
    SessionStore(request.COOKIES.get(COOKIE)).flush()
    store = SessionStore()
    store["link"], store["since"], store["seen"] = str(link.uid), now.isoformat(), now.isoformat()
    before = looked_before(link.patient, now)
    store["before"] = before.isoformat() if before else ""
    store.set_expiry(int(IDLE.total_seconds()))  # a number slides with each save, a timedelta would not
    store.create()
    response.set_cookie(
        COOKIE,
        store.session_key or "",
        path=PATH,
        httponly=True,
        samesite="Lax",
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )


def end(request: HttpRequest, response: HttpResponse) -> None:
    """Sign a patient out, in the browser and here."""
    SessionStore(request.COOKIES.get(COOKIE)).flush()
    response.delete_cookie(COOKIE, path=PATH, samesite="Lax")


def visitor(request: HttpRequest, now: datetime) -> Visitor | None:
    """Find who is signed in. A link that was revoked or has expired meanwhile opens nothing any more."""
    store = SessionStore(request.COOKIES.get(COOKIE))
    since, seen = (parse_datetime(store.get(name, "")) for name in ("since", "seen"))
    if since is None or seen is None or now - seen > IDLE or now - since > LONGEST:
        return None
    link = access.living_patient_link(store["link"], now)
    if link is None:
        return None
    if now - seen >= SEEN_IS_NOTED_EVERY:
        store["seen"] = now.isoformat()
        store.save()
    return Visitor(link=link, now=now, before=parse_datetime(store.get("before", "")))


def language_of(request: HttpRequest, who: Visitor | None = None) -> str:
    """Return the language of a page: the patient's, else the one chosen in this browser, else the browser's own."""
    wishes: ContactWishes | None = getattr(who.patient, "wishes", None) if who else None
    return wishes.language if wishes else translation.get_language_from_request(request)


def remember_language(response: HttpResponse, chosen: str) -> None:
    """Keep a language in this browser, for before somebody is signed in."""
    if chosen in Language.values:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            path=PATH,
            max_age=LANGUAGE_LASTS,
            httponly=True,
            samesite="Lax",
            secure=bool(settings.SESSION_COOKIE_SECURE),
        )


def private(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Keep a page out of caches, search engines and the addresses that other sites are told."""

    @wraps(view)
    def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with translation.override(language_of(request)):
            response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response

    return kept


def for_patients(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Give a view its visitor; whoever is not signed in is asked to open the link again."""

    @private
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        who = visitor(request, timezone.now())
        if who is None:
            return render(request, "portal/signed_out.html", status=403)
        with translation.override(language_of(request, who)):
            return view(request, who, *args, **kwargs)

    return guarded
