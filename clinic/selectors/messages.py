"""What the desk has to know about messages: what could not be delivered, what patients asked, whom nothing reaches."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import ContactWishes, DeskTask, OutboundMessage, Patient, Session, Site
from clinic.models.courses import SessionStatus
from clinic.models.messages import MessageStatus
from clinic.models.people import Channel

MOST_ROWS = 100
ABOUT = {
    "booked": gettext_lazy("The booked course"),
    "changed": gettext_lazy("A changed course"),
    "moved": gettext_lazy("A moved session"),
    "dropped": gettext_lazy("A cancelled session"),
    "cancelled": gettext_lazy("A cancelled course"),
    "offered": gettext_lazy("Times that are held"),
    "week": gettext_lazy("The coming week"),
    "visit": gettext_lazy("A visit that comes soon"),
    "follow-up": gettext_lazy("A follow-up to arrange"),
    "finished": gettext_lazy("The end of the course"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """Hold a message that did not arrive, with what it was about and why it failed."""

    message: OutboundMessage
    about: str

    @property
    def patient(self) -> Patient:
        """Return whom it did not reach."""
        return self.message.patient


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """Hold a patient whom no message reaches, with the visits to come and whether a paper was given before."""

    patient: Patient
    why: str
    first_at: datetime
    visits: int
    had_paper: bool


def undelivered(site: Site) -> list[Undelivered]:
    """List the messages to patients of a site that could not be delivered, the oldest first."""
    rows = OutboundMessage.objects.filter(status=MessageStatus.FAILED, patient__site=site)
    found = rows.select_related("patient", "course").order_by("due_at", "pk")[:MOST_ROWS]
    return [Undelivered(message=row, about=str(ABOUT.get(row.template, _("A message")))) for row in found]


def open_tasks(site: Site) -> list[DeskTask]:
    """List what is to be done about patients of a site, the oldest first."""
    rows = DeskTask.objects.filter(site=site, done_at=None).select_related("patient", "session__site")
    return list(rows.order_by("created_at", "pk")[:MOST_ROWS])


def unreached(site: Site, now: datetime) -> list[Unreached]:
    """List the patients with visits to come whom no message reaches, and whose paper is missing or out of date."""
    to_come = Session.objects.filter(site=site, status=SessionStatus.BOOKED, starts_at__gt=now).order_by()
    figures = {
        row["patient"]: row
        for row in to_come.values("patient").annotate(
            first_at=Min("starts_at"), visits=Count("pk"), changed_at=Max("updated_at")
        )
    }
    patients = Patient.objects.filter(pk__in=to_come.values("patient")).select_related("wishes", "site")
    found = []
    for patient in patients:
        row, wishes = figures[patient.pk], getattr(patient, "wishes", None) or ContactWishes(patient=patient)
        why = why_unreached(patient, wishes)
        if why and (wishes.printed_at is None or wishes.printed_at < row["changed_at"]):
            kept = {"first_at": row["first_at"], "visits": row["visits"], "had_paper": wishes.printed_at is not None}
            found.append(Unreached(patient=patient, why=why, **kept))
    return sorted(found, key=lambda item: (item.first_at, item.patient.pk))[:MOST_ROWS]


def why_unreached(patient: Patient, wishes: ContactWishes) -> str:
    """Say why no message reaches a patient; nothing, where one does."""
    if patient.channel == Channel.NONE:
        return _("wants no messages")
    if patient.channel == Channel.EMAIL:
        return _("stopped e-mails") if wishes.email_stopped_at else "" if patient.email else _("has no e-mail address")
    return _("stopped text messages") if wishes.sms_stopped_at else "" if patient.phone else _("has no phone number")
