"""One person who waits: read, change, offered times, booked or not, taken off the list."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.models import Chair, Referral
from clinic.models.referrals import AuthorisationState
from clinic.selectors.waiting import referrals_of, why_not
from clinic.selectors.words import names_at
from clinic.services import booking, waiting_list
from clinic.services.audit import record_reads

from .courses import RequestIn, course_out
from .errors import Problem, named
from .fields import Instant
from .operations import Operation, Strict, answered
from .referrals import PRIORITIES, ReferralOut
from .shapes import CourseOut
from .wording import speaker


class ReadReferral(Operation):
    """Give one referral. Its state may change as time passes, without a change of the row."""

    scope, summary = "courses:read", "Read a referral"
    is_tagged = True
    OutputSerializer = ReferralOut

    def get(self, request: Request, referral: UUID) -> Response:
        """Answer with the referral."""
        row = get_object_or_404(referrals_of(self.client, self.now), uid=referral)
        record_reads([row.patient], by=self.actor, now=self.now)
        return self.found(ReferralOut(row).data)


class ChangeReferral(Operation):
    """Change how urgent it is, whether the insurer has agreed, or what is asked.

    When something else is asked, times that are held for what was asked before are given back.
    """

    scope, summary = "courses:write", "Change a referral"
    is_tagged = needs_match = True
    problems = ("impossible-request", "not-possible")
    OutputSerializer = ReferralOut

    class InputSerializer(Strict):
        priority = serializers.ChoiceField(choices=tuple(PRIORITIES), required=False)
        authorisation = serializers.ChoiceField(choices=AuthorisationState.values, required=False)
        request = RequestIn(required=False)

    def patch(self, request: Request, referral: UUID) -> Response:
        """Answer with the changed referral."""
        data = self.input()
        sent: Any = self.request.data
        asked = sent["request"] if "request" in data else None
        priority = PRIORITIES[data["priority"]] if "priority" in data else None

        def change() -> Any:
            rows = referrals_of(self.client, self.now).select_for_update(of=("self",), no_key=True)
            row = get_object_or_404(rows, uid=referral)
            self.match(ReferralOut(row).data)
            waiting_list.change(
                referral=row,
                priority=priority,
                authorisation=data.get("authorisation"),
                request=asked,
                by=self.actor,
                now=self.now,
            )
            return answered(current(self, referral))

        return self.write(change)


class Step(Operation):
    """The base of what is done about one referral."""

    scope = "courses:write"
    problems: ClassVar[tuple[str, ...]] = ("not-possible",)
    OutputSerializer = ReferralOut

    def done(self, referral: UUID, act: Callable[[Referral], Any]) -> Response:
        """Do it, and answer with the referral as it is then."""
        row = get_object_or_404(referrals_of(self.client, self.now), uid=referral)

        def work() -> Any:
            act(row)
            return answered(current(self, referral))

        return self.write(work)


class WithdrawReferral(Step):
    """Take a person off the waiting list, and give back what is held for them."""

    summary = "Withdraw a referral"

    class InputSerializer(Strict):
        why = serializers.CharField(max_length=400, allow_blank=True, default="")

    def post(self, request: Request, referral: UUID) -> Response:
        """Answer with the referral as it is then."""
        why = self.input()["why"]
        return self.done(
            referral, lambda row: waiting_list.withdraw(referral=row, by=self.actor, now=self.now, why=why)
        )


class DeclineOffer(Step):
    """Give back what is held for a person who does not want these times, and goes on waiting."""

    summary = "Decline the times that are held"

    class InputSerializer(Strict):
        why = serializers.CharField(max_length=400, allow_blank=True, default="")

    def post(self, request: Request, referral: UUID) -> Response:
        """Answer with the referral as it is then."""
        why = self.input()["why"]
        return self.done(referral, lambda row: waiting_list.decline(referral=row, by=self.actor, now=self.now, why=why))


class OfferTimes(Step):
    """Hold for a day what this person is given: the best that there is, or a course that begins at a given start."""

    summary = "Offer times to one person"
    problems = ("not-possible", "course-does-not-fit", "impossible-request")

    class InputSerializer(Strict):
        start = Instant(required=False, help_text="Such as the beginning of a gap.")
        chair = serializers.UUIDField(required=False, help_text="With a start: on which chair.")

        def validate(self, data: dict[str, Any]) -> dict[str, Any]:
            """Ask for a start where a chair is named."""
            if "chair" in data and "start" not in data:
                raise serializers.ValidationError({"chair": ["Give the start as well, or leave the chair out."]})
            return data

    def post(self, request: Request, referral: UUID) -> Response:
        """Answer with the referral and its proposal."""
        data = self.input()
        return self.done(referral, lambda row: self.offer(row, **data))

    def offer(self, row: Referral, start: Any = None, chair: UUID | None = None) -> None:
        """Hold the times; say why when there are none."""
        place = named("chair", Chair.objects.filter(site=row.site), uid=chair) if chair else None
        if start is not None:
            waiting_list.offer_at(referral=row, start=start, chair=place, by=self.actor, now=self.now)
            return
        places = waiting_list.offer(site=row.site, by=self.actor, now=self.now, only=[row.uid])
        if not any(place.fits for place in places):
            said = [why_not(place.data, place.errors, names_at(row.site), row.site) for place in places]
            why = " ".join(sentence for sentences in said for sentence in sentences)
            raise booking.NotPossible(why or "This person does not wait for times now. Read the referral again.")


class AcceptOffer(Operation):
    """Book the course whose times are held for a person, all sessions of it."""

    scope, summary, success = "courses:write", "Accept the times that are held", 201
    problems = ("not-possible", "times-taken")
    OutputSerializer = CourseOut

    def post(self, request: Request, referral: UUID) -> Response:
        """Answer with the course."""
        row = get_object_or_404(referrals_of(self.client, self.now), uid=referral)

        def book() -> Any:
            course = waiting_list.accept(referral=row, by=self.actor, now=self.now)
            return answered(course_out(self, course.uid), status=201)

        try:
            return self.write(book)
        except booking.ProposalOutdated as lost:
            reasons = speaker()(lost.reasons, row.site.zone)
            raise Problem("times-taken", "Nothing was booked. Offer times again.", reasons=reasons) from lost


def current(operation: Operation, referral: UUID) -> Any:
    """Write a referral as it is now."""
    return ReferralOut(referrals_of(operation.client, operation.now).get(uid=referral)).data
