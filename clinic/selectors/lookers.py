"""Who may look at a patient's schedule beside the patient, and when they did."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from clinic.models import AuditEntry, Passkey, Patient, PatientLink
from clinic.models.access import living, living_phones

from .changes_seen import LOOKED

MOST_LOOKS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """Hold a private link or a phone that unlocks, with the last moments at which it was used."""

    key: PatientLink | Passkey
    looks: tuple[datetime, ...]


def carers_of(patient: Patient, now: datetime) -> list[Looker]:
    """List the carers who have a link that works."""
    return [each for each in links_of(patient, now) if isinstance(each.key, PatientLink) and each.key.carer]


def links_of(patient: Patient, now: datetime) -> list[Looker]:
    """List the private links that work, the newest first."""
    rows = patient.links.filter(living(now)).order_by("-created_at", "-pk")
    return _with_looks(patient, list(rows))


def phones_of(patient: Patient, now: datetime) -> list[Looker]:
    """List the phones that unlock, a carer's with the carer's link, the newest first."""
    rows = patient.passkeys.filter(living_phones(now)).select_related("link")
    return _with_looks(patient, list(rows.order_by("-created_at", "-pk")))


def _with_looks(patient: Patient, keys: list[PatientLink] | list[Passkey]) -> list[Looker]:
    looks: dict[str, list[datetime]] = defaultdict(list)
    used = {str(key.uid) for key in keys if key.last_used_at}
    if used:
        rows = AuditEntry.objects.filter(patient=patient, action__in=LOOKED, data__link__in=sorted(used))
        for at, link in rows.order_by("-at", "-pk").values_list("at", "data__link"):
            looks[link].append(at)
    return [Looker(key=key, looks=tuple(looks[str(key.uid)][:MOST_LOOKS])) for key in keys]
