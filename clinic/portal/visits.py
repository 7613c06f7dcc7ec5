"""Who is looking: a browser session of the patients' own, apart from the staff's sign-in, over after half an hour."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from clinic.models import ContactWishes, Passkey, Patient, PatientLink
from clinic.models.people import Language
from clinic.selectors.changes_seen import looked_before
from clinic.services import access, passkeys
from clinic.services.audit import Actor

COOKIE = "__Secure-my" if settings.SESSION_COOKIE_SECURE else "my"
PHONE = "my-phone"
PAGE_OR_FORM = require_http_methods(["GET", "HEAD", "POST"])
TOO_MANY_TRIES = _("There were too many tries from here. Please wait a quarter of an hour, or call the clinic.")
PATH = "/my/"
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
LASTS = timedelta(days=365)
SEEN_IS_NOTED_EVERY = timedelta(minutes=1)
Key = PatientLink | Passkey
View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Hold whose pages are looked at, by the patient or by a carer, when, and when that was the last time before."""

    patient: Patient
    carer: PatientLink | None
    now: datetime
    before: datetime | None = None

    @classmethod
    def with_key(cls, key: Key, now: datetime, before: datetime | None = None) -> "Visitor":
        """Name who holds a private link, or a phone that unlocks."""
        link = key if isinstance(key, PatientLink) else key.link
        carer = link if link and link.carer else None
        return cls(patient=key.patient, carer=carer, now=now, before=before)

    @property
    def by(self) -> Actor:
        """Return whom the record names."""
        return Actor.of_link(self.carer) if self.carer else Actor.of_patient(self.patient)

    @property
    def may_act(self) -> bool:
        """Tell whether this person may confirm visits and ask for other times."""
        return self.carer is None or self.carer.may_act


def begin(request: HttpRequest, response: HttpResponse, key: Key, now: datetime) -> None:
    """Sign somebody in, under a new key even where somebody was signed in before."""
    SessionStore(request.COOKIES.get(COOKIE)).flush()
    store = SessionStore()
    store["link" if isinstance(key, PatientLink) else "phone"] = str(key.uid)
    store["since"], store["seen"] = now.isoformat(), now.isoformat()
    who = Visitor.with_key(key, now)
    before = looked_before(who.patient, who.by.name, now)
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
    key: Key | None
    if "phone" in store:
        key = passkeys.living_phone(store["phone"], now)
    else:
        key = access.living_patient_link(store["link"], now)
    if key is None:
        return None
    if now - seen >= SEEN_IS_NOTED_EVERY:
        store["seen"] = now.isoformat()
        store.save()
    return Visitor.with_key(key, now, parse_datetime(store.get("before", "")))


def language_of(request: HttpRequest, who: Visitor | None = None) -> str:
    """Return the language of a page: the patient's, else the one chosen in this browser, else the browser's own.

    A carer's own is not that of the patient.
    """
    wishes: ContactWishes | None = getattr(who.patient, "wishes", None) if who and not who.carer else None
    return wishes.language if wishes else translation.get_language_from_request(request)


def remember_phone(response: HttpResponse) -> None:
    """Keep in this browser that its phone unlocks, so that it is offered."""
    _remember(response, PHONE, "1")


def knows_phone(request: HttpRequest) -> bool:
    """Tell whether a phone was added in this browser."""
    return PHONE in request.COOKIES


def remember_language(response: HttpResponse, chosen: str) -> None:
    """Keep a language in this browser, for before somebody is signed in."""
    if chosen in Language.values:
        _remember(response, settings.LANGUAGE_COOKIE_NAME, chosen)


def _remember(response: HttpResponse, name: str, value: str) -> None:
    secure = bool(settings.SESSION_COOKIE_SECURE)
    response.set_cookie(name, value, path=PATH, max_age=LASTS, httponly=True, samesite="Lax", secure=secure)


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


def _for(may: Callable[[Visitor], bool]) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Return a decorator that gives a view its visitor.

    Whoever is not signed in is asked to open the link again; for whom a page is not meant, there is none.
    """

    def guard(view: View) -> Callable[..., HttpResponseBase]:
        @private
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            who = visitor(request, timezone.now())
            if who is None:
                return render(request, "portal/signed_out.html", {"phone": knows_phone(request)}, status=403)
            if not may(who):
                raise Http404
            with translation.override(language_of(request, who)):
                return view(request, who, *args, **kwargs)

        return guarded

    return guard


for_patients = _for(lambda who: True)
for_those_who_act = _for(lambda who: who.may_act)
for_the_patient_alone = _for(lambda who: who.carer is None)
