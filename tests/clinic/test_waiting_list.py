"""The waiting list: who is on it, planning everybody at once, and what is held for whom."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clinic.models import AuditEntry, Course, Patient, Proposal, Referral
from clinic.selectors.gaps import who_fits
from clinic.selectors.waiting import waiting_list as lines
from clinic.services import booking, waiting_list
from clinic.services.audit import Actor
from clinic.services.waiting_list import offers

from .builders import NOW, at, make_chair, make_course, make_patient, make_protocol, make_recipe, make_session

BY = Actor.of_command("test")
MONDAY = "2026-11-23"
TOMORROW = NOW + timedelta(days=1)


def refer(patient: Patient, protocol, now=NOW, **more) -> Referral:
    request = {"earliest_date": MONDAY, "availability": more.pop("hours", None)}
    request |= more.pop("asked", {})
    return waiting_list.refer(
        patient=patient, protocol=protocol, site=patient.site, request=request, by=BY, now=now, **more
    )


def state(referral: Referral, now=NOW) -> str:
    return Referral.objects.standing(now).get(pk=referral.pk).state


@pytest.fixture
def waits(clinic, margaret, protocol):
    return refer(margaret, protocol)


def test_the_most_urgent_come_first_and_then_those_who_have_waited_longest(clinic, margaret, pia, protocol):
    late = refer(margaret, protocol, now=NOW)
    early = refer(make_patient(clinic), protocol, now=NOW - timedelta(days=9))
    urgent = refer(pia, protocol, priority=4)

    assert [(line.referral, line.days) for line in lines(clinic, NOW)] == [(urgent, 0), (early, 9), (late, 0)]


def test_nobody_waits_twice(waits, margaret, protocol):
    with pytest.raises(booking.NotPossible, match="on the waiting list already"):
        refer(margaret, protocol)


def test_a_request_that_cannot_be_is_refused_with_its_field(clinic, margaret, protocol):
    with pytest.raises(booking.InvalidRequest) as refused:
        refer(margaret, protocol, hours="whenever")

    assert set(refused.value.errors) == {"availability"}
    assert not Referral.objects.exists()


def test_planning_everybody_writes_nothing(waits, clinic):
    (place,) = waiting_list.admit(site=clinic, now=NOW)

    assert place.fits
    assert len([item for item in place.data["sessions"] if item["kind"] != "follow-up"]) == 10
    assert not Proposal.objects.exists()
    assert state(waits) == "waiting"


def test_two_who_want_the_same_narrow_hours_are_both_given_times_that_do_not_clash(clinic, margaret, pia, protocol):
    refer(margaret, protocol, hours="Mon-Fri 08:00-10:00")
    refer(pia, protocol, hours="Mon-Fri 08:00-10:00")

    one, other = waiting_list.offer(site=clinic, by=BY, now=NOW)

    assert one.fits
    assert other.fits
    holds = [{tuple(hold) for hold in proposal.holds} for proposal in Proposal.objects.all()]
    assert len(holds) == 2
    spans = [(span, mine) for mine, taken in enumerate(holds) for span in taken]
    clashes = [
        (a, b)
        for a, mine in spans
        for b, theirs in spans
        if mine < theirs and a[:2] == b[:2] and a[2] < b[3] and b[2] < a[3]
    ]
    assert clashes == []


def test_what_is_offered_is_held_for_a_day_and_offered_to_nobody_else(clinic, waits, pia, protocol):
    waiting_list.offer(site=clinic, by=BY, now=NOW)
    waits.refresh_from_db()
    assert state(waits) == "offered"
    assert waits.proposal.is_kept
    assert waits.proposal.expires_at == NOW + timedelta(hours=24)

    other = booking.propose(
        patient=pia, protocol=protocol, site=clinic, request={"earliest_date": MONDAY}, by=BY, now=NOW
    )
    held = {tuple(hold) for hold in waits.proposal.holds}
    assert not held & {tuple(hold) for hold in other.holds}
    assert waiting_list.admit(site=clinic, now=NOW) == []


def test_an_offer_that_expires_goes_to_the_next(clinic, margaret, pia, prescriber, protocol):
    prescriber.shifts.update(hours="Mon 09:00-09:45")
    hours = {"latest_date": "2026-12-08"}
    urgent = refer(margaret, protocol, priority=4, asked=hours)
    (place,) = waiting_list.offer(site=clinic, by=BY, now=NOW)
    assert place.fits
    after = refer(pia, protocol, asked=hours)
    (nothing_yet,) = waiting_list.offer(site=clinic, by=BY, now=NOW)
    assert not nothing_yet.fits

    waiting_list.withdraw(referral=urgent, by=BY, now=NOW)
    (place,) = waiting_list.offer(site=clinic, by=BY, now=NOW)

    assert place.fits
    assert [state(urgent), state(after)] == ["withdrawn", "offered"]
    assert state(after, TOMORROW) == "waiting"


def test_accepting_books_just_what_was_held(clinic, waits):
    waiting_list.offer(site=clinic, by=BY, now=NOW)
    waits.refresh_from_db()

    course = waiting_list.accept(referral=waits, by=BY, now=NOW)

    planned = {item["starts_at"] for item in waits.proposal.plans[0]["sessions"]}
    assert {session.starts_at.isoformat() for session in course.sessions.all()} == planned
    assert state(waits) == "booked"
    assert lines(clinic, NOW) == ()
    booking.undo(course=course, by=BY, now=NOW)
    assert state(waits) == "offered"


def test_an_offer_accepted_too_late_is_made_anew(clinic, waits):
    waiting_list.offer(site=clinic, by=BY, now=NOW)

    with pytest.raises(booking.ProposalOutdated) as lost:
        waiting_list.accept(referral=waits, by=BY, now=TOMORROW)

    waits.refresh_from_db()
    assert waits.proposal == lost.value.fresh
    assert state(waits, TOMORROW) == "offered"
    assert waiting_list.accept(referral=waits, by=BY, now=TOMORROW).sessions.count() == 11


def test_nothing_is_booked_for_somebody_without_an_offer(waits):
    with pytest.raises(booking.NotPossible, match="Nothing is held"):
        waiting_list.accept(referral=waits, by=BY, now=NOW)

    assert not Course.objects.exists()


def test_somebody_who_is_booked_elsewhere_leaves_the_list_and_cannot_be_withdrawn(waits, margaret, protocol):
    make_course(margaret, protocol)

    assert state(waits) == "booked"
    with pytest.raises(booking.NotPossible, match="booked by now"):
        waiting_list.withdraw(referral=waits, by=BY, now=NOW)


def test_withdrawing_gives_back_what_was_held_and_may_be_repeated(clinic, waits):
    waiting_list.offer(site=clinic, by=BY, now=NOW)

    for _ in range(2):
        waiting_list.withdraw(referral=waits, by=BY, now=NOW, why="moved away")

    assert state(waits) == "withdrawn"
    assert not Proposal.objects.filter(expires_at__gt=NOW).exists()
    assert AuditEntry.objects.get(action="taken off the waiting list").why == "moved away"


def test_nobody_is_offered_times_before_the_insurer_has_agreed(clinic, margaret, protocol):
    awaited = refer(margaret, protocol, authorisation="awaited")
    assert waiting_list.admit(site=clinic, now=NOW) == []

    waiting_list.authorise(referral=awaited, by=BY, now=NOW)

    assert [place.referral for place in waiting_list.admit(site=clinic, now=NOW)] == [awaited]


def test_somebody_whose_dates_have_passed_is_told_why_and_hinders_nobody(clinic, margaret, pia, protocol):
    refer(margaret, protocol, priority=4, asked={"latest_date": "2026-12-18"})
    refer(pia, protocol)
    in_january = at("2027-01-04", "09:00")

    past, other = waiting_list.admit(site=clinic, now=in_january)

    assert not past.fits
    assert "latest_date" in past.errors
    assert other.fits
    assert other.data["sessions"][0]["starts_at"] > in_january.isoformat()


def test_another_clinic_s_people_are_not_planned_here(clinic, other_site, waits):
    assert waiting_list.admit(site=other_site, now=NOW) == []


def test_a_change_of_the_diary_meanwhile_is_planned_around(clinic, waits, pia, protocol, monkeypatch):
    planned = offers.planned
    others = []

    def slowly(**asked):
        places = planned(**asked)
        if not others:
            request = {"earliest_date": MONDAY}
            others.append(booking.propose(patient=pia, protocol=protocol, site=clinic, request=request, by=BY, now=NOW))
        return places

    monkeypatch.setattr(offers, "planned", slowly)
    waiting_list.offer(site=clinic, by=BY, now=NOW)

    waits.refresh_from_db()
    taken = {tuple(hold) for hold in others[0].holds}
    assert not taken & {tuple(hold) for hold in waits.proposal.holds}


def test_the_list_costs_one_query_however_long_it_is(clinic, protocol, django_assert_num_queries):
    for _ in range(5):
        refer(make_patient(clinic), protocol)
    waiting_list.offer(site=clinic, by=BY, now=NOW)

    with django_assert_num_queries(1):
        assert all(line.held for line in lines(clinic, NOW))


def gap(site, begins, ends, chair=None, day=MONDAY):
    return who_fits(site, at(day, begins), at(day, ends), now=NOW, chair=chair)


def test_a_gap_suits_make_ups_first_and_then_those_who_wait(
    clinic, waits, pia, protocol, chairs, technicians, django_assert_num_queries
):
    course = make_course(pia, protocol)
    missed = make_session(course, chairs[0], technicians[0], at("2026-11-19", "09:00"), status="noshow")

    with django_assert_num_queries(3):
        found = gap(clinic, "09:00", "10:00")

    assert [(fit.patient, fit.session, fit.referral) for fit in found] == [
        (pia, missed, None),
        (waits.patient, None, waits),
    ]
    assert [fit.patient for fit in gap(clinic, "09:00", "09:30")] == [pia]
    make_session(course, chairs[0], technicians[0], at("2026-11-24", "09:00"), number=missed.number)
    assert [fit.patient for fit in gap(clinic, "09:00", "10:00")] == [waits.patient]


def test_a_gap_does_not_suit_a_course_that_has_a_session_on_that_day_or_enough_that_week(
    clinic, pia, protocol, chairs, technicians
):
    course = make_course(pia, protocol)
    for day, number in (("2026-11-18", 1), ("2026-11-19", 2)):
        make_session(course, chairs[0], technicians[0], at(day, "09:00"), number=number, status="noshow")
    make_session(course, chairs[0], technicians[0], at(MONDAY, "11:00"), number=3)
    assert gap(clinic, "09:00", "10:00") == ()
    assert [fit.session.number for fit in gap(clinic, "09:00", "10:00", day="2026-11-24")] == [1]

    for day in ("2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28"):
        make_session(course, chairs[0], technicians[0], at(day, "11:00"))

    assert gap(clinic, "09:00", "10:00", day="2026-11-24") == ()


def test_a_gap_suits_only_those_who_can_come_then(clinic, margaret, pia, protocol):
    refer(margaret, protocol, hours="Mon-Fri 08:00-10:00")
    refer(pia, protocol, asked={"away": [MONDAY]})

    assert [fit.patient for fit in gap(clinic, "08:30", "11:00")] == [margaret]
    assert gap(clinic, "09:30", "11:00") == ()
    assert [fit.patient for fit in gap(clinic, "09:30", "11:00", day="2026-11-24")] == [pia]


def test_a_gap_on_a_chair_without_the_coil_suits_nobody_who_needs_it(clinic, margaret):
    coil = make_recipe(slug="deep", first_visit=None)
    visit = coil.phases[0].visit
    phase = replace(coil.phases[0], visit=replace(visit, chair_kinds=frozenset({"deep"})))
    refer(margaret, make_protocol(replace(coil, phases=(phase,))))

    assert gap(clinic, "09:00", "10:00", make_chair(clinic)) == ()
    assert [fit.patient for fit in gap(clinic, "09:00", "10:00", make_chair(clinic, kinds=["deep"]))] == [margaret]


def test_only_so_many_are_planned_in_one_go_and_the_next_when_these_have_their_times(clinic, protocol, monkeypatch):
    monkeypatch.setattr("clinic.services.admission.MOST", 2)
    routine = [refer(make_patient(clinic), protocol) for _ in range(2)]
    urgent = refer(make_patient(clinic), protocol, priority=4)

    first = waiting_list.offer(site=clinic, by=BY, now=NOW)
    then = waiting_list.offer(site=clinic, by=BY, now=NOW)

    assert [place.referral for place in (*first, *then)] == [urgent, *routine]
