"""The shapes that several operations give: what a patient, a course, a session and a reason look like outside."""

from typing import Any

from rest_framework import serializers

from clinic.models.courses import CourseStatus, SessionStatus
from clinic.models.people import Channel

from .fields import Instant
from .operations import Strict


class SiteInstant(serializers.DateTimeField):
    """An instant with the offset that the clocks at its site show."""

    def get_attribute(self, instance: Any) -> Any:
        """Return the instant in the zone of the row's site."""
        moment = super().get_attribute(instance)
        return moment and moment.astimezone(instance.site.zone)

    def to_representation(self, value: Any) -> str:
        """Write the instant as ISO 8601."""
        return value.isoformat()


class NamedOut(serializers.Serializer):
    """A chair, person or site: its id, and its name for people."""

    id = serializers.UUIDField(source="uid")
    name = serializers.CharField()


class ReasonOut(serializers.Serializer):
    """Why something is as it is, or could not be: a code for programs, a sentence for people."""

    code = serializers.CharField()
    sentence = serializers.CharField()


class PatientOut(serializers.Serializer):
    """A patient, as the clinic knows them."""

    id = serializers.UUIDField(source="uid")
    number = serializers.CharField()
    family_name = serializers.CharField()
    given_name = serializers.CharField()
    date_of_birth = serializers.DateField()
    phone = serializers.CharField()
    email = serializers.CharField()
    channel = serializers.ChoiceField(choices=Channel.values)
    site = NamedOut()
    updated_at = SiteInstant()


class ProtocolOut(serializers.Serializer):
    """A version of a protocol; `conditional_phases` are planned only when a course asks for them by name."""

    id = serializers.UUIDField(source="uid")
    slug = serializers.CharField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    summary = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # the framework's own `source` is no field
    sessions = serializers.IntegerField()
    is_current = serializers.BooleanField()
    conditional_phases = serializers.SerializerMethodField()

    def get_conditional_phases(self, row: Any) -> list[str]:
        """Name the phases that have a condition."""
        return [phase["name"] for phase in row.definition["phases"] if phase.get("condition")]


class ProtocolBriefOut(serializers.Serializer):
    """The protocol that a course follows."""

    slug = serializers.CharField()
    version = serializers.IntegerField()
    name = serializers.CharField()


class SessionOut(serializers.Serializer):
    """One visit of a course, with its time and place. `version` counts how often these changed."""

    id = serializers.UUIDField(source="uid")
    course = serializers.UUIDField(source="course.uid")
    patient = serializers.UUIDField(source="patient.uid")
    number = serializers.IntegerField()
    kind = serializers.CharField()
    phase = serializers.CharField()
    status = serializers.ChoiceField(choices=SessionStatus.values)
    start = SiteInstant(source="starts_at")
    end = SiteInstant(source="ends_at")
    site = NamedOut()
    chair = NamedOut(allow_null=True)
    technician = NamedOut(allow_null=True)
    prescriber = NamedOut(allow_null=True)
    assessments = serializers.ListField(child=serializers.CharField())
    reasons = serializers.SerializerMethodField()
    version = serializers.IntegerField()
    updated_at = SiteInstant()

    def get_reasons(self, row: Any) -> list[dict[str, str]]:
        """Say why the session stands where it does."""
        return self.context["say"](row.reasons, row.site.zone)

    get_reasons.__annotations__["return"] = ReasonOut(many=True)


class PlannedSessionOut(serializers.Serializer):
    """A session of a plan that is not booked yet."""

    number = serializers.IntegerField()
    kind = serializers.CharField()
    phase = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    site = NamedOut()
    chair = NamedOut(allow_null=True)
    technician = NamedOut(allow_null=True)
    prescriber = NamedOut(allow_null=True)
    assessments = serializers.ListField(child=serializers.CharField())
    reasons = ReasonOut(many=True)


class UnplacedOut(serializers.Serializer):
    """Sessions for which there is no place: first the proof, then the smallest changes that would help."""

    first_number = serializers.IntegerField()
    count = serializers.IntegerField()
    kind = serializers.CharField()
    reasons = ReasonOut(many=True)


class PlanOut(serializers.Serializer):
    """One way to place a course; `kind` says what it is best at."""

    kind = serializers.CharField()
    is_optimal = serializers.BooleanField()
    notes = ReasonOut(many=True)
    sessions = PlannedSessionOut(many=True)
    unplaced = UnplacedOut(many=True)


class OpeningOut(serializers.Serializer):
    """A free place for a session."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    chair = NamedOut(allow_null=True)
    technician = NamedOut(allow_null=True)
    reasons = ReasonOut(many=True)


class AuthorisationOut(serializers.Serializer):
    """The insurer's permission."""

    first_date = serializers.DateField(source="authorised_from", allow_null=True)
    last_date = serializers.DateField(source="authorised_to", allow_null=True)
    units = serializers.IntegerField(source="authorised_units", allow_null=True)
    number = serializers.CharField(source="authorisation_number")


class CourseBriefOut(serializers.Serializer):
    """A course without its sessions."""

    id = serializers.UUIDField(source="uid")
    patient = serializers.UUIDField(source="patient.uid")
    protocol = ProtocolBriefOut()
    site = NamedOut()
    status = serializers.ChoiceField(choices=CourseStatus.values)
    plan_kind = serializers.CharField()
    authorisation = AuthorisationOut(source="*")
    booked_at = SiteInstant()
    version = serializers.IntegerField()
    updated_at = SiteInstant()


class CourseOut(CourseBriefOut):
    """A course with its sessions, in order of time."""

    sessions = SessionOut(many=True)


class CursorQuery(Strict):
    """How to page through a list."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=50, help_text="How many to give.")
    cursor = serializers.CharField(max_length=200, required=False, help_text="`next` of the page before.")


class PageQuery(CursorQuery):
    """How to page through a list, oldest change first."""

    updated_since = Instant(required=False, help_text="Only what changed at this instant or later.")


def page_of(item: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """Build the shape of a page of items."""
    fields: dict[str, Any] = {
        "__doc__": "A page, and the cursor of the next one.",
        "items": item(many=True),
        "next": serializers.CharField(allow_null=True, help_text="The cursor of the next page; null on the last."),
    }
    return type(item.__name__.removesuffix("Out") + "PageOut", (serializers.Serializer,), fields)
