"""Who did what: every service writes one line here, in the transaction of what it does."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clinic.models import ApiClient, AuditEntry, Course, Patient, Session, User


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
    def of_command(cls, name: str) -> "Actor":
        """Name a command that the clinic runs."""
        return cls(name=f"command {name}")


def record(**deed: Any) -> AuditEntry:
    """Write down one deed."""
    row = entry(**deed)
    row.save()
    return row


def entry(
    *,
    by: Actor,
    now: datetime,
    action: str,
    patient: Patient | None = None,
    course: Course | None = None,
    session: Session | None = None,
    data: dict[str, Any] | None = None,
    why: str = "",
) -> AuditEntry:
    """Build the line of one deed, for whoever writes many at once."""
    return AuditEntry(
        at=now,
        actor=by.name[:160],
        user=by.user,
        action=action,
        patient=patient,
        course=course,
        session=session,
        data=data or {},
        why=why[:400],
    )


def record_reads(patients: Iterable[Patient], *, by: Actor, now: datetime) -> None:
    """Write down that another system read something about these patients: one line for each of them."""
    seen = {patient.pk: patient for patient in patients}
    AuditEntry.objects.bulk_create(
        AuditEntry(at=now, actor=by.name[:160], user=by.user, action="read by another system", patient=patient)
        for patient in seen.values()
    )
