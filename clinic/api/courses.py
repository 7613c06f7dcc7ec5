"""Courses: try out, book whole, list, read, cancel; and proposals, which hold times for a while."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.models import Course, Patient, Protocol, Site
from clinic.models.courses import CourseStatus
from clinic.selectors import records
from clinic.services import booking
from clinic.services.audit import record_reads
from clinic.services.direct_booking import chosen_kind, plan_and_book

from .errors import Problem, named
from .fields import Instant
from .operations import Operation, Strict, answered
from .paging import page
from .shapes import CourseBriefOut, CourseOut, PageQuery, PlanOut, SiteInstant, page_of
from .wording import plans_out, speaker


class AuthorisationIn(Strict):
    """The insurer's permission: both dates are included; `units` counts treatment sessions."""

    first_date = serializers.DateField()
    last_date = serializers.DateField()
    units = serializers.IntegerField(min_value=0, max_value=10_000, allow_null=True, required=False)
    number = serializers.CharField(max_length=60, allow_blank=True, required=False)


class FixedIn(Strict):
    """A session that must stand at this instant, and on this chair when one is named."""

    start = Instant()
    chair = serializers.UUIDField(allow_null=True, required=False)


class RequestIn(Strict):
    """What is asked of a course. Dates are those of the site; everything but the earliest date may be left out."""

    earliest_date = serializers.DateField()
    latest_date = serializers.DateField(allow_null=True, required=False)
    availability = serializers.CharField(
        max_length=1000,
        allow_blank=True,  # refused below, with a sentence that says how to ask for any time
        allow_null=True,
        required=False,
        help_text='Weekly hours such as "Mon-Fri 08:00-12:00, Tue 14:00-16:00"; left out or null means any time.',
    )
    away = serializers.ListField(child=serializers.DateField(), max_length=400, required=False)
    authorisation = AuthorisationIn(allow_null=True, required=False)
    time = serializers.RegexField(
        r"^([01][0-9]|2[0-3]):[0-5][0-9]$", allow_null=True, required=False, help_text='Wished time, such as "08:30".'
    )
    chair = serializers.UUIDField(allow_null=True, required=False, help_text="Wished chair.")
    technician = serializers.UUIDField(allow_null=True, required=False, help_text="Wished technician.")
    fixed = FixedIn(many=True, required=False)
    skipped = serializers.ListField(child=serializers.DateField(), max_length=400, required=False)
    phases = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=20, required=False, help_text="Conditional phases."
    )


class WantedIn(Strict):
    """One patient, one protocol, and when the patient can come."""

    patient = serializers.UUIDField()
    protocol = serializers.SlugField(max_length=60)
    site = serializers.UUIDField(required=False, help_text="The patient's own site when left out.")
    request = RequestIn()


class QuoteCourse(Operation):
    """Plan a course without booking or holding anything: up to three plans that differ in kind."""

    scope, summary = "courses:read", "Try out a course (dry run)"
    problems = ("impossible-request",)
    InputSerializer = WantedIn

    class OutputSerializer(serializers.Serializer):
        plans = PlanOut(many=True)

    def post(self, request: Request) -> Response:
        """Answer with the plans; one without sessions says why there is none."""
        asked = wanted(self, self.input())
        plans = booking.quote(**asked, now=self.now)
        record_reads([asked["patient"]], by=self.actor, now=self.now)
        return Response({"plans": plans_out(plans)})


class ProposeCourse(Operation):
    """Plan a course and hold the times of all its plans until the proposal expires."""

    scope, summary, success = "courses:write", "Propose a course and hold its times", 201
    problems = ("impossible-request",)
    InputSerializer = WantedIn

    class OutputSerializer(serializers.Serializer):
        id = serializers.UUIDField()
        expires_at = SiteInstant()
        plans = PlanOut(many=True)

    def post(self, request: Request) -> Response:
        """Answer with the proposal, to be booked by its id."""
        asked = wanted(self, self.input())

        def propose() -> Any:
            return answered(proposal_out(booking.propose(**asked, by=self.actor, now=self.now)), status=201)

        return self.write(propose)


class BookCourse(Operation):
    """Book a whole course, all sessions or none: from a proposal, or planned and booked in one step."""

    scope, summary, success = "courses:write", "Book a course", 201
    problems = ("course-does-not-fit", "times-taken", "impossible-request")
    OutputSerializer = CourseOut

    class InputSerializer(Strict):
        patient = serializers.UUIDField(required=False)
        protocol = serializers.SlugField(max_length=60, required=False)
        site = serializers.UUIDField(required=False, help_text="The patient's own site when left out.")
        request = RequestIn(required=False)
        proposal = serializers.UUIDField(required=False, help_text="Instead of patient, protocol, site and request.")
        plan = serializers.CharField(max_length=20, required=False, help_text="The kind of plan; the best if left out.")

        def validate(self, data: dict[str, Any]) -> dict[str, Any]:
            """Ask for a proposal, or for everything that a new plan needs."""
            whole, new = {"patient", "protocol", "request"}, {"patient", "protocol", "request", "site"}
            if "proposal" in data and data.keys() & new:
                raise serializers.ValidationError({"proposal": ["Send a proposal or a new request, not both."]})
            if "proposal" not in data and (missing := sorted(whole - data.keys())):
                raise serializers.ValidationError({name: ["This field is needed."] for name in missing})
            return data

    def post(self, request: Request) -> Response:
        """Answer with the booked course."""
        data = self.input()

        def book() -> Any:
            course = self.of_proposal(data) if "proposal" in data else self.of_request(data)
            headers = {"Location": f"{request.path}/{course.uid}"}
            return answered(course_out(self, course.uid), status=201, headers=headers)

        try:
            return self.write(book)
        except booking.ProposalOutdated as lost:
            raise self.times_taken(lost) from lost

    def times_taken(self, lost: booking.ProposalOutdated) -> Problem:
        """Offer fresh plans for times that were lost, and hold them."""
        asked = {name: getattr(lost.fresh, name) for name in ("patient", "protocol", "site", "request")}
        fresh = booking.propose(**asked, by=self.actor, now=self.now)
        reasons = speaker()(lost.reasons, fresh.site.zone)
        detail = "Nothing was booked. Here is a fresh proposal, whose times are held for some minutes."
        out = proposal_out(fresh)
        proposal = {"proposal": out["id"], "expires_at": out["expires_at"]}
        return Problem("times-taken", detail, reasons=reasons, alternatives=out["plans"], **proposal)

    def of_proposal(self, data: Any) -> Course:
        """Book a plan of a proposal."""
        proposal = named("proposal", records.proposals_of(self.client), uid=data["proposal"])
        kind = chosen_kind(proposal, data.get("plan"))
        return booking.book(proposal=proposal, plan_kind=kind, by=self.actor, now=self.now)

    def of_request(self, data: Any) -> Course:
        """Plan and book."""
        return plan_and_book(**wanted(self, data), plan_kind=data.get("plan"), by=self.actor, now=self.now)


class ListCourses(Operation):
    """Give the courses at the token's sites, without their sessions."""

    scope, summary = "courses:read", "List courses"
    is_tagged = True
    OutputSerializer = page_of(CourseBriefOut)

    class QuerySerializer(PageQuery):
        patient = serializers.UUIDField(required=False)
        status = serializers.ChoiceField(choices=CourseStatus.values, required=False)

    def get(self, request: Request) -> Response:
        """Answer with a page."""
        query = self.query()
        rows = records.courses_of(self.client)
        if "patient" in query:
            rows = rows.filter(patient__uid=query["patient"])
        if "status" in query:
            rows = rows.filter(status=query["status"])
        shown, following = page(rows, query)
        record_reads([row.patient for row in shown], by=self.actor, now=self.now)
        return self.found({"items": CourseBriefOut(shown, many=True).data, "next": following})


class ReadCourse(Operation):
    """Give one course with all its sessions."""

    scope, summary = "courses:read", "Read a course"
    is_tagged = True
    OutputSerializer = CourseOut

    def get(self, request: Request, course: UUID) -> Response:
        """Answer with the course."""
        data = course_out(self, course)
        return self.found(data)


class CancelCourse(Operation):
    """Cancel a course: its sessions from now on are cancelled and their times are free again."""

    scope, summary = "courses:write", "Cancel a course"
    problems = ("not-possible",)
    needs_match = True
    OutputSerializer = CourseOut

    class InputSerializer(Strict):
        why = serializers.CharField(max_length=400)

    def post(self, request: Request, course: UUID) -> Response:
        """Answer with the cancelled course."""
        why = self.input()["why"]

        def cancel() -> Any:
            row = get_object_or_404(records.courses_of(self.client), uid=course)
            self.match(course_out(self, course))
            booking.cancel_course(course=row, why=why, by=self.actor, now=self.now, expected_version=row.version)
            return answered(course_out(self, course))

        return self.write(cancel)


def wanted(operation: Operation, data: Any) -> dict[str, Any]:
    """Find the rows that a request names, and keep what is asked as it was sent."""
    patient: Patient = named("patient", records.patients_of(operation.client), uid=data["patient"])
    protocol: Protocol = named("protocol", records.protocols(), slug=data["protocol"], is_current=True)
    sites = records.sites_of(operation.client)
    site: Site = named("site", sites, **({"uid": data["site"]} if "site" in data else {"pk": patient.site_id}))
    sent: Any = operation.request.data
    return {"patient": patient, "protocol": protocol, "site": site, "request": sent["request"]}


def course_out(operation: Operation, uid: UUID) -> Any:
    """Read a course with its sessions, and note that the client saw it."""
    row = get_object_or_404(records.whole_courses_of(operation.client), uid=uid)
    record_reads([row.patient], by=operation.actor, now=operation.now)
    return CourseOut(row, context={"say": speaker()}).data


def proposal_out(proposal: Any) -> dict[str, Any]:
    """Write a proposal with its plans."""
    expires_at = proposal.expires_at.astimezone(proposal.site.zone).isoformat()
    return {"id": str(proposal.uid), "expires_at": expires_at, "plans": plans_out(proposal.plans)}
