"""Who can look: phones that unlock without a date of birth, and the links of carers."""

import json
from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from clinic.models import Passkey, PatientLink
from clinic.models.access import living
from clinic.selectors.lookers import carers_of
from clinic.services import access, passkeys

from .visits import PAGE_OR_FORM, TOO_MANY_TRIES, Visitor, begin, for_patients, knows_phone, private, remember_phone

MOST_SIGNS = 20_000
NOT_ADDED = _("This phone could not be added. Nothing has changed; your link works as before.")
TOO_MANY_PHONES = _("You have as many phones as one person can have. Please remove one that you no longer use.")
NOT_UNLOCKED = _("This phone did not unlock your appointments. Please open your link and give the date of birth.")


@PAGE_OR_FORM
@for_patients
def phones(request: HttpRequest, who: Visitor) -> HttpResponse:
    """Show who can look; add and remove phones, and end what a carer was given."""
    action, error = request.POST.get("action", ""), ""
    if request.method == "POST" and action == "add":
        error = _added(request, who)
        if not error:
            response = redirect("portal:phones")
            remember_phone(response)
            return response
    elif request.method == "POST":
        access.revoke_link(link=_chosen(who, action, request.POST.get("key", "")), by=who.by, now=who.now)
        return redirect("portal:phones")
    context = {
        "patient": who.patient,
        "phones": passkeys.phones(who.patient, who.carer, who.now),
        "carers": [] if who.carer else carers_of(who.patient, who.now),
        "error": error,
    }
    return render(request, "portal/phones.html", context, status=422 if error else 200)


def _added(request: HttpRequest, who: Visitor) -> str:
    """Add the phone that has answered; return what is wrong, if anything."""
    try:
        passkeys.add(
            patient=who.patient,
            carer=who.carer,
            state=request.POST.get("state", ""),
            answer=answer_of(request),
            label=request.POST.get("label", ""),
            by=who.by,
            now=who.now,
        )
    except access.TooManyLinks:
        return str(TOO_MANY_PHONES)
    except passkeys.PhoneRefused:
        return str(NOT_ADDED)
    return ""


def _chosen(who: Visitor, action: str, uid: str) -> Passkey | PatientLink:
    """Find what a button stands beside: a phone of this person, or a carer of the patient."""
    rows: Any = passkeys.phones(who.patient, who.carer, who.now)
    if action == "end" and who.carer is None:
        rows = who.patient.links.filter(living(who.now)).exclude(carer="")
    try:
        found: Passkey | PatientLink = rows.get(uid=UUID(uid))
    except (ValueError, Passkey.DoesNotExist, PatientLink.DoesNotExist):
        raise Http404 from None
    return found


@require_POST
@for_patients
def begin_adding(request: HttpRequest, who: Visitor) -> HttpResponse:
    """Tell the script of the page what the phone needs to make a key."""
    return JsonResponse(passkeys.begin_adding(patient=who.patient, carer=who.carer, now=who.now))


@require_POST
@private
def begin_unlocking(request: HttpRequest) -> HttpResponse:
    """Tell the script of the page what the phone has to sign."""
    return JsonResponse(passkeys.begin_unlocking(now=timezone.now()))


@require_POST
@private
def unlock(request: HttpRequest) -> HttpResponse:
    """Open the schedule by the answer of a phone."""
    now, address = timezone.now(), get_adapter(request).get_client_ip(request)
    try:
        phone = passkeys.unlock(
            state=request.POST.get("state", ""), answer=answer_of(request), now=now, address=address
        )
    except access.TooManyTries:
        return _refused(request, str(TOO_MANY_TRIES), 429)
    except passkeys.PhoneRefused:
        return _refused(request, str(NOT_UNLOCKED), 403)
    response = redirect("portal:schedule")
    begin(request, response, phone, now)
    return response


def _refused(request: HttpRequest, error: str, status: int) -> HttpResponse:
    context = {"phone": knows_phone(request), "error": error}
    return render(request, "portal/signed_out.html", context, status=status)


def answer_of(request: HttpRequest) -> dict[str, Any]:
    """Read what the script has sent of the phone's answer; nonsense is an empty answer, which is refused."""
    try:
        answer = json.loads(request.POST.get("answer", "")[:MOST_SIGNS])
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
