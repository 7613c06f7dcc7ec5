"""Who did what: every service writes one line here, in the transaction of what it does."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Required, TypedDict, Unpack

from clinic.models import ApiClient, AuditEntry, Course, Patient, PatientLink, Session, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Name who acts: a member of staff, another system, a patient or a command."""

    name: str
    user: User | None = None
    client: ApiClient | None = None

    @classmethod
    def of_user(cls, user: User) -> "Actor":
        """Name a member of staff."""
        return cls(name=str(user), user=user)

    @classmethod
    def of_client(cls, client: ApiClient) -> "Actor":
        """Name another system."""
        return cls(name=f"{client.name} (system)", client=client)

    @classmethod
    def of_patient(cls, patient: Patient) -> "Actor":
        """Name the patient, by number only."""
        return cls(name=f"patient {patient.number}")

    @classmethod
    def of_link(cls, link: PatientLink) -> "Actor":
        """Name whom a private link belongs to: the patient, or a carer who acts for the patient."""
        own = cls.of_patient(link.patient)
        return cls(name=f"{link.holder} for {own.name}") if link.carer else own

    @classmethod
    def of_command(cls, name: str) -> "Actor":
        """Name a command that the clinic runs."""
        return cls(name=f"command {name}")


class Deed(TypedDict, total=False):
    """What a line in the record tells."""

    by: Required[Actor]
    now: Required[datetime]
    action: Required[str]
    patient: Patient | None
    course: Course | None
    session: Session | None
    data: dict[str, Any] | None
    why: str


def record(**deed: Unpack[Deed]) -> AuditEntry:
    """Write down one deed."""
    row = entry(**deed)
    row.save()
    return row


def entry(**deed: Unpack[Deed]) -> AuditEntry:
    """Build the line of one deed, for whoever writes many at once."""
    by = deed["by"]
    return AuditEntry(
        at=deed["now"],
        actor=by.name[:160],
        user=by.user,
        action=deed["action"],
        patient=deed.get("patient"),
        course=deed.get("course"),
        session=deed.get("session"),
        data=deed.get("data") or {},
        why=deed.get("why", "")[:400],
    )


def record_reads(patients: Iterable[Patient], *, by: Actor, now: datetime) -> None:
    """Write down that another system read something about these patients: one line for each of them."""
    seen = {patient.pk: patient for patient in patients}
    AuditEntry.objects.bulk_create(
        AuditEntry(at=now, actor=by.name[:160], user=by.user, action="read by another system", patient=patient)
        for patient in seen.values()
    )
