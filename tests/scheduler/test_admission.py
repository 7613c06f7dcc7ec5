"""Admitting a waiting list: every plan keeps the rules beside all others, and more people get one than one by one."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import (
    Authorisation,
    Availability,
    Chair,
    CourseRequest,
    Preference,
    Session,
    Visit,
    check,
    plan_course,
)
from scheduler.admission import Admission, Referral, admit

from .builders import AGAIN, MAPPING, MONDAY, make_clinic, make_phase, make_protocol, make_request, situations

SHORT = make_protocol(make_phase(sessions=6, per_week_max=3, per_week_min=3), first_visit=MAPPING)
NO_TIME = date(2026, 3, 20)


def waiting(count: int, hours: str = "Mon-Fri 09:00-12:00", **changes: object) -> list[Referral]:
    """Return people who could all begin on Monday, and have to be done within three weeks."""
    common = {"latest_date": NO_TIME, "availability": Availability.parse(hours), **changes}
    return [Referral(request=make_request(SHORT, patient=f"P{n}", course=f"new-{n}", **common)) for n in range(count)]


def everything(admission: Admission) -> list[Session]:
    """Return the sessions of all plans."""
    return [session for plan in admission.plans for session in plan.sessions]


def requests_of(referrals: list[Referral]) -> list[CourseRequest]:
    """Return the requests of some referrals."""
    return [referral.request for referral in referrals]


@settings(max_examples=12, deadline=None)
@given(situations(), st.integers(2, 4))
def test_all_plans_together_with_the_diary_break_no_rule(situation, count):
    clinic, booked, request = situation
    people = [Referral(request=replace(request, patient=f"P{n}", course=f"new-{n}")) for n in range(count)]

    admission = admit(people, clinic, booked, steps=6)

    assert check([*booked, *everything(admission)], clinic, requests_of(people)) == ()
    assert admission.one_by_one <= admission.priority <= admission.bound
    assert admission.cost_bound <= admission.cost


@settings(max_examples=8, deadline=None)
@given(situations())
def test_one_person_alone_is_admitted_exactly_when_there_is_a_plan(situation):
    clinic, booked, request = situation

    admission = admit([Referral(request=request)], clinic, booked, steps=3)

    assert admission.plans[0].is_complete == plan_course(request, clinic, booked)[0].is_complete


def test_a_morning_that_is_full_of_treatments_still_admits_as_many_as_have_a_mapping():
    clinic = make_clinic(technicians=["Ana"], chairs=["C1"])
    people = waiting(8, hours="Mon-Fri 09:00-10:30")

    admission = admit(people, clinic, steps=60)

    assert check(everything(admission), clinic, requests_of(people)) == ()
    assert admission.admitted == admission.priority >= admission.one_by_one
    assert admission.admitted + sum(bool(plan.unplaced) for plan in admission.plans) == len(people)


def test_who_is_not_admitted_hears_why():
    clinic = make_clinic()
    permit = Authorisation(first_date=MONDAY, last_date=MONDAY + timedelta(days=2))

    admission = admit(waiting(1, authorisation=permit), clinic)

    codes = {reason.code for reason in admission.plans[0].why(1)}
    assert {"no-place", "authorisation-too-short"} <= codes
    assert (admission.priority, admission.bound) == (0, 0)


def test_of_two_who_want_the_last_place_the_more_urgent_one_has_it():
    clinic = make_clinic(chairs=["C1"], technicians=["Ana"])
    low, high = waiting(
        2, hours="Mon 09:00-10:00, Wed 09:00-10:00, Fri 09:00-10:00", latest_date=MONDAY + timedelta(days=13)
    )

    admission = admit([low, replace(high, priority=3)], clinic, steps=800)

    assert [plan.is_complete for plan in admission.plans] == [False, True]
    assert (admission.priority, admission.bound) == (3, 3)


def test_who_has_waited_longer_begins_sooner():
    clinic = make_clinic(chairs=["C1"], technicians=["Ana"])
    new, old = waiting(2, hours="Mon-Fri 09:00-10:00", latest_date=None)

    admission = admit([new, replace(old, waited_days=200)], clinic, steps=20)

    first, second = (plan.sessions[0].when.start for plan in admission.plans)
    assert second < first


def test_plans_come_in_the_order_of_the_referrals_and_say_why_each_session_stands_there():
    people = waiting(3)

    admission = admit([replace(person, priority=n + 1) for n, person in enumerate(people)], make_clinic(), steps=5)

    assert [plan.sessions[0].patient for plan in admission.plans] == ["P0", "P1", "P2"]
    assert all(session.reasons for session in everything(admission))


def test_the_same_referrals_and_seed_have_the_same_answer():
    clinic = make_clinic(technicians=["Ana"])

    assert admit(waiting(5), clinic, steps=25, seed=4) == admit(waiting(5), clinic, steps=25, seed=4)


def test_courses_with_redeterminations_and_several_sites_are_admitted_too():
    clinic = make_clinic()
    north = replace(clinic.sites[0], id="north", timezone="Europe/London")
    clinic = replace(
        clinic, sites=(*clinic.sites, north), chairs=(*clinic.chairs, Chair(id="N1", name="N1", site="north"))
    )
    protocol = make_protocol(make_phase(sessions=8), first_visit=MAPPING, redetermination=AGAIN)
    people = [Referral(request=make_request(protocol, patient=f"P{n}", course=f"new-{n}")) for n in range(4)]

    admission = admit(people, clinic, steps=15)

    assert admission.admitted == 4
    assert check(everything(admission), clinic, requests_of(people)) == ()


def test_short_and_long_courses_of_many_kinds_share_the_clinic():
    clinic = make_clinic(grid_minutes=15)
    odd = make_phase(sessions=4, visit=Visit(minutes=25, turnaround_minutes=10), per_week_min=1)
    twice = make_phase(sessions=8, sessions_per_day=2, minutes_between_starts=120)
    taper = make_phase("taper", taper=(2, 1))
    protocols = [
        SHORT,
        make_protocol(odd),
        make_protocol(twice),
        make_protocol(make_phase(), taper, first_visit=MAPPING),
    ]
    people = [
        Referral(
            request=make_request(
                protocols[n % 4],
                patient=f"P{n}",
                course=f"new-{n}",
                earliest_date=MONDAY + timedelta(days=3 * n),
                preference=Preference(time=time(7 + n)),
            )
        )
        for n in range(8)
    ]

    admission = admit(people, clinic, steps=30)

    assert admission.admitted == 8
    assert check(everything(admission), clinic, requests_of(people)) == ()


def test_when_there_is_no_time_the_plans_still_do_not_clash():
    clinic, people = make_clinic(technicians=["Ana"], chairs=["C1"]), waiting(3, latest_date=None)

    admission = admit(people, clinic, left=lambda: 0.0)

    assert admission.admitted == 3
    assert check(everything(admission), clinic, requests_of(people)) == ()


def test_a_patient_waits_for_one_course_at_a_time():
    person = waiting(1)[0]

    with pytest.raises(ValueError, match="one course"):
        admit([person, person], make_clinic())


def test_nobody_waits():
    assert admit([], make_clinic()).plans == ()


@pytest.mark.parametrize("wrong", [{"priority": 0}, {"waited_days": -1}])
def test_a_referral_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\."):
        Referral(request=make_request(), **wrong)
