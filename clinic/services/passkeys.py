"""Phones that unlock a patient's page without a date: passkeys, which the fido2 library alone makes and judges.

What a phone has to sign travels to it and back inside a signed text, so that nothing is stored before it has answered;
each such text is good for five minutes and one answer.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import QuerySet
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from clinic.models import Passkey, Patient, PatientLink
from clinic.models.access import hashed, living, living_phones
from clinic.models.fields import one_line

from . import access, audit

ANSWER_WITHIN = timedelta(minutes=5)
LASTS = timedelta(days=365)
MOST_PHONES = 5
Answer = TypeVar("Answer")
VERIFIED = UserVerificationRequirement.REQUIRED


class PhoneRefused(access.LinkRefused):
    """This answer of a phone adds or opens nothing; why is not told."""


def phones(patient: Patient, carer: PatientLink | None, now: datetime) -> QuerySet[Passkey]:
    """Return the phones that unlock for a patient, or for one carer, the oldest first."""
    return patient.passkeys.filter(living(now), link=carer).order_by("created_at", "pk")


def living_phone(uid: str, now: datetime) -> Passkey | None:
    """Find a phone that still unlocks, with its patient and site; a carer's ends with the carer's link."""
    rows = Passkey.objects.select_related("link__patient", "patient__site", "patient__wishes")
    return rows.filter(living_phones(now), uid=uid).first()


def begin_adding(*, patient: Patient, carer: PatientLink | None, now: datetime) -> dict[str, Any]:
    """Return what a phone needs to make a key, and the signed text that has to come back with it.

    The phone shows a given name and the clinic's public name, and nothing else.
    """
    name = carer.carer if carer else patient.given_name
    user = PublicKeyCredentialUserEntity(id=_handle(patient, carer), name=name, display_name=name)
    known = [AttestedCredentialData(bytes(row.credential)) for row in phones(patient, carer, now)]
    options, state = _server(patient.site.public_name).register_begin(
        user, known, resident_key_requirement=ResidentKeyRequirement.REQUIRED, user_verification=VERIFIED
    )
    return _asked(dict(options), state, _handle(patient, carer).hex(), now)


def add(
    *,
    patient: Patient,
    carer: PatientLink | None,
    state: str,
    answer: Mapping[str, Any],
    label: str,
    by: audit.Actor,
    now: datetime,
) -> Passkey:
    """Let a phone unlock from now on.

    Raises PhoneRefused, and TooManyLinks.
    """
    challenge = _challenge(state, _handle(patient, carer).hex(), now)
    made = _judged(lambda: _server().register_complete(challenge, answer))
    if made.credential_data is None:
        raise PhoneRefused
    with transaction.atomic():
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        if phones(patient, carer, now).count() >= MOST_PHONES:
            raise access.TooManyLinks
        row, is_new = Passkey.objects.get_or_create(
            token_hash=hashed(made.credential_data.credential_id.hex()),
            defaults={
                "patient": patient,
                "link": carer,
                "label": one_line(label, 80),
                "credential": bytes(made.credential_data),
                "uses": made.counter,
                "created_at": now,
                "expires_at": now + LASTS,
            },
        )
        if not is_new:
            raise PhoneRefused
        audit.record(by=by, now=now, action="phone that unlocks added", patient=patient, data={"link": str(row.uid)})
    return row


def begin_unlocking(*, now: datetime) -> dict[str, Any]:
    """Return what a phone has to sign to unlock; whose phone it is, only its answer tells."""
    options, state = _server().authenticate_begin(user_verification=VERIFIED)
    return _asked(dict(options), state, "", now)


def unlock(*, state: str, answer: Mapping[str, Any], now: datetime, address: str) -> Passkey:
    """Open a patient's page by the answer of a phone.

    Raises PhoneRefused, and TooManyTries for a network `address` that has tried too often.
    """
    slot = access.take_try(address, now)
    challenge = _challenge(state, "", now)
    response = _judged(lambda: AuthenticationResponse.from_dict(answer))
    with transaction.atomic():
        rows = Passkey.objects.select_for_update(no_key=True, of=("self",)).select_related("link__patient", "patient")
        known = hashed(response.raw_id.hex())
        row = rows.filter(living_phones(now), token_hash=known).first()
        if row is None:
            raise PhoneRefused
        key = AttestedCredentialData(bytes(row.credential))
        _judged(lambda: _server().authenticate_complete(challenge, [key], response))
        uses = response.response.authenticator_data.counter
        if uses <= row.uses and (uses or row.uses):
            raise PhoneRefused  # a copy of the key is in use somewhere
        row.uses, row.last_used_at = uses, now
        row.save(update_fields=["uses", "last_used_at"])
        by = audit.Actor.of_link(row.link) if row.link else audit.Actor.of_patient(row.patient)
        audit.record(by=by, now=now, action="phone unlocked", patient=row.patient, data={"link": str(row.uid)})
    cache.delete(slot)
    return row


def _server(name: str = "") -> Fido2Server:
    parts = urlsplit(settings.BASE_URL)
    own = PublicKeyCredentialRpEntity(id=parts.hostname, name=name)
    return Fido2Server(own, verify_origin=lambda origin: origin == f"{parts.scheme}://{parts.netloc}")


def _handle(patient: Patient, carer: PatientLink | None) -> bytes:
    """Return by what a phone tells its owner's keys apart: a random number, which says nothing."""
    return (carer or patient).uid.bytes


def _asked(options: dict[str, Any], state: Any, handle: str, now: datetime) -> dict[str, Any]:
    signed = Signer(salt="passkey").sign_object({"state": state, "for": handle, "at": now.timestamp()}, compress=True)
    return {"options": options["publicKey"], "state": signed}


def _challenge(signed: str, handle: str, now: datetime) -> Any:
    """Read the text that was signed for a phone; a second answer to it is refused."""
    try:
        asked = Signer(salt="passkey").unsign_object(signed)
    except (BadSignature, ValueError):
        raise PhoneRefused from None
    age = now.timestamp() - asked["at"]
    once = f"passkey:{hashed(signed)}"
    is_fresh = asked["for"] == handle and 0 <= age <= ANSWER_WITHIN.total_seconds()
    if not is_fresh or not cache.add(once, 1, ANSWER_WITHIN.total_seconds()):
        raise PhoneRefused
    return asked["state"]


def _judged(judge: Callable[[], Answer]) -> Answer:
    """Let the library judge what a phone has sent; whatever strange bytes do to it is a refusal."""
    try:
        return judge()
    except Exception as wrong:
        raise PhoneRefused from wrong
