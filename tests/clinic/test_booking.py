"""Booking a course: all of it or nothing, never twice, and never without an offer when it fails."""

from datetime import timedelta

import pytest
from django.db import OperationalError

from clinic.models import AuditEntry, Course, Occupancy, OutboundMessage, Proposal, Session
from clinic.services import booking, occupancy
from clinic.services.audit import Actor
from clinic.services.booking import lock

from .builders import at, make_course, make_session

LATER = timedelta(minutes=1)


@pytest.fixture
def by(imogen):
    return Actor.of_user(imogen)


@pytest.fixture
def offer(clinic, protocol, by, now):
    """Propose a course to a patient who likes half past eight."""

    def propose(patient, *, at_time=now, replaces=None, **wishes):
        request = {"earliest_date": "2026-11-23", "time": "08:30"} | wishes
        return booking.propose(
            patient=patient, protocol=protocol, site=clinic, request=request, by=by, now=at_time, replaces=replaces
        )

    return propose


@pytest.fixture
def book(by, now):
    def confirm(proposal, *, at_time=now, **options):
        return booking.book(proposal=proposal, plan_kind=proposal.plans[0]["kind"], by=by, now=at_time, **options)

    return confirm


def spans(proposal):
    return {(resource, lane, cell) for resource, lane, first, last in proposal.holds for cell in range(first, last)}


def test_a_course_is_booked_whole_with_everything_that_goes_with_it(offer, book, margaret, imogen, site):
    course = book(offer(margaret))

    sessions = list(course.sessions.filter(kind__in=("mapping", "treatment")))
    assert [session.number for session in sessions] == list(range(1, 11))
    assert Occupancy.objects.count() == sum(len(list(occupancy.cells(session))) for session in course.sessions.all())
    assert (course.booked_by, course.patient, course.plan_kind) == (imogen, margaret, "steadiest")
    assert AuditEntry.objects.filter(action="course booked", course=course, actor="Imogen Vale").count() == 1
    assert OutboundMessage.objects.filter(course=course).count() == 1
    site.refresh_from_db()
    assert site.diary_version == 2


def test_the_first_visit_has_the_prescriber_for_the_minutes_it_needs(offer, book, margaret, prescriber):
    first = book(offer(margaret)).sessions.get(number=1)

    assert first.kind == "mapping"
    assert first.prescriber == prescriber
    assert (first.prescriber_from - first.starts_at, first.prescriber_until - first.prescriber_from) == (
        timedelta(minutes=15),
        timedelta(minutes=30),
    )


def test_a_course_keeps_the_version_of_its_protocol(offer, book, margaret, protocol):
    proposal = offer(margaret)
    protocol.is_current = False
    protocol.save()

    assert book(proposal).protocol == protocol


def test_two_tabs_that_confirm_one_proposal_get_one_course(offer, book, margaret, now):
    proposal = offer(margaret)

    first = book(proposal)
    second = book(Proposal.objects.get(pk=proposal.pk), at_time=now + timedelta(hours=1))

    assert first == second
    assert Course.objects.count() == 1


def test_a_proposal_that_has_expired_is_answered_with_a_fresh_one(offer, book, margaret, now):
    proposal = offer(margaret)

    with pytest.raises(booking.ProposalOutdated) as refused:
        book(proposal, at_time=proposal.expires_at)

    assert refused.value.fresh.plans[0]["sessions"]
    assert book(refused.value.fresh, at_time=proposal.expires_at).patient == margaret


def test_times_that_are_offered_to_one_patient_are_not_offered_to_another(offer, margaret, pia):
    first, second = offer(margaret), offer(pia)

    assert first.plans[0]["sessions"]
    assert second.plans[0]["sessions"]
    assert not spans(first) & spans(second)


def test_times_of_an_expired_proposal_are_offered_again(offer, margaret, pia, now):
    first = offer(margaret)
    second = offer(pia, at_time=first.expires_at)

    assert spans(first) == spans(second)


def test_a_new_proposal_gives_back_the_times_of_the_one_it_replaces(offer, book, margaret, pia, now):
    first = offer(margaret)
    offer(margaret, replaces=first, time="15:00")

    assert spans(offer(pia)) == spans(first)
    with pytest.raises(booking.ProposalOutdated):
        book(first, at_time=now + LATER)


def test_a_lost_race_is_answered_with_the_reasons_and_a_fresh_proposal(
    offer, book, margaret, pia, protocol, chairs, technicians
):
    proposal = offer(margaret)
    lost = proposal.plans[0]["sessions"][3]
    chair = next(chair for chair in chairs if str(chair.pk) == lost["chair"])
    free = next(person for person in technicians if str(person.pk) != lost["technician"])
    day, clock = lost["starts_at"][:10], lost["starts_at"][11:16]
    make_session(make_course(pia, protocol), chair, free, at(day, clock))
    before = Session.objects.count()

    with pytest.raises(booking.ProposalOutdated) as refused:
        book(proposal)

    assert [reason["code"] for reason in refused.value.reasons] == ["chair-taken"]
    assert Session.objects.count() == before
    assert not Course.objects.filter(patient=margaret).exists()
    assert book(refused.value.fresh).sessions.count() >= 10


def test_a_chair_that_is_gone_by_then_is_a_lost_race(offer, book, margaret, chairs):
    proposal = offer(margaret)
    gone = next(chair for chair in chairs if str(chair.pk) == proposal.plans[0]["sessions"][0]["chair"])
    gone.delete()

    with pytest.raises(booking.ProposalOutdated) as refused:
        book(proposal)

    assert "unknown-resource" in {reason["code"] for reason in refused.value.reasons}
    assert refused.value.fresh.plans[0]["sessions"]


def test_a_plan_that_was_never_offered_cannot_be_booked(offer, by, now, margaret):
    with pytest.raises(booking.NothingToBook):
        booking.book(proposal=offer(margaret), plan_kind="cheapest", by=by, now=now)


def test_a_course_that_cannot_fit_is_a_proposal_that_says_why(offer, book, margaret):
    proposal = offer(margaret, availability="Sun 03:00-04:00")

    assert proposal.plans[0]["sessions"] == []
    assert proposal.plans[0]["unplaced"][0]["reasons"]
    assert proposal.holds == []
    with pytest.raises(booking.NothingToBook):
        book(proposal)


def test_nothing_is_planned_before_now(clinic, protocol, by, margaret):
    half_past_nine = at("2026-11-23", "09:30")

    proposal = booking.propose(
        patient=margaret,
        protocol=protocol,
        site=clinic,
        request={"earliest_date": "2026-11-23", "time": "08:30"},
        by=by,
        now=half_past_nine,
    )

    assert proposal.plans[0]["sessions"][0]["starts_at"] > half_past_nine.isoformat()


def test_a_quote_writes_nothing(clinic, protocol, margaret, now):
    plans = booking.quote(
        patient=margaret, protocol=protocol, site=clinic, request={"earliest_date": "2026-11-23"}, now=now
    )

    assert plans[0]["sessions"]
    assert not Proposal.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_kept_proposal_holds_its_times_for_a_day(offer, book, by, margaret, pia, now):
    proposal = offer(margaret)
    kept = booking.keep(proposal=proposal, plan_kind=proposal.plans[0]["kind"], by=by, now=now)

    hours_later = now + timedelta(hours=5)
    assert not spans(kept) & spans(offer(pia, at_time=hours_later))
    assert book(kept, at_time=hours_later).patient == margaret


def test_a_proposal_that_has_expired_cannot_be_kept(offer, by, margaret):
    proposal = offer(margaret)

    with pytest.raises(booking.ProposalOutdated):
        booking.keep(proposal=proposal, plan_kind="steadiest", by=by, now=proposal.expires_at)


def test_a_released_proposal_frees_its_times(offer, by, margaret, pia, now):
    proposal = offer(margaret)
    booking.release(proposal=proposal, by=by, now=now)

    assert spans(offer(pia)) == spans(proposal)


def test_a_booking_can_be_undone_and_its_times_are_free_again(offer, book, by, margaret, pia, now):
    proposal = offer(margaret)
    course = book(proposal)

    booking.undo(course=course, by=by, now=now + timedelta(seconds=179))

    assert not Occupancy.objects.exists()
    assert set(course.sessions.values_list("status", "version")) == {("entered-in-error", 1)}
    assert not OutboundMessage.objects.filter(status="due").exists()
    assert Course.objects.get().status == "revoked"


def test_an_undone_booking_can_be_made_again(offer, book, by, margaret, now):
    proposal = offer(margaret)
    first = book(proposal)
    booking.undo(course=first, by=by, now=now + LATER)

    second = book(proposal, at_time=now + LATER)

    assert second != first
    assert second.status == "active"


def test_a_booking_cannot_be_undone_after_three_minutes(offer, book, by, margaret, now):
    course = book(offer(margaret))

    with pytest.raises(booking.TooLateToUndo):
        booking.undo(course=course, by=by, now=now + timedelta(seconds=181))
    assert course.sessions.filter(status="booked").exists()


def test_a_cancelled_course_keeps_its_past_and_frees_its_future(offer, book, by, margaret):
    course = book(offer(margaret))
    third_day = at("2026-11-25", "18:00")

    booking.cancel_course(course=course, why="moving away", by=by, now=third_day)

    statuses = list(course.sessions.order_by("number").values_list("status", flat=True))
    assert statuses[:3] == ["booked"] * 3
    assert set(statuses[3:]) == {"cancelled"}
    assert set(Occupancy.objects.values_list("session__number", flat=True)) == {1, 2, 3}
    assert AuditEntry.objects.get(action="course cancelled").why == "moving away"


def test_a_course_that_changed_since_it_was_read_is_not_cancelled(offer, book, by, margaret, now):
    course = book(offer(margaret))

    with pytest.raises(booking.StaleVersion):
        booking.cancel_course(course=course, why="", by=by, now=now, expected_version=course.version + 1)


def test_a_course_can_be_booked_without_telling_the_patient(offer, book, margaret):
    book(offer(margaret), tell_patient=False)

    assert not OutboundMessage.objects.exists()


def test_an_earliest_date_in_the_past_is_refused(offer, margaret):
    with pytest.raises(booking.InvalidRequest) as refused:
        offer(margaret, earliest_date="2026-11-19")

    assert "has passed" in refused.value.errors["earliest_date"]


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_tried_again(monkeypatch, site):
    monkeypatch.setattr(lock.time, "sleep", lambda seconds: None)
    answers = iter([OperationalError("database is locked"), OperationalError("database is locked"), "done"])

    def work(locked):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert lock.under_lock(site, work) == "done"


@pytest.mark.django_db(transaction=True)
def test_a_diary_that_stays_locked_is_busy(monkeypatch, site):
    monkeypatch.setattr(lock.time, "sleep", lambda seconds: None)

    def work(locked):
        raise OperationalError("database is locked")

    with pytest.raises(booking.Busy):
        lock.under_lock(site, work)


@pytest.mark.django_db(transaction=True)
def test_a_failure_in_the_middle_leaves_nothing_behind(offer, book, margaret, monkeypatch):
    proposal = offer(margaret)
    monkeypatch.setattr("clinic.services.outbox.plan_course_messages", lambda **_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        book(proposal)

    assert not Course.objects.exists()
    assert not Session.objects.exists()
    assert not Occupancy.objects.exists()
