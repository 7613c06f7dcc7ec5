"""The catalogue is complete, consistent with its sources, and says that it is no advice."""

import pytest

from scheduler import VisitKind, catalog, check, plan_course

from .builders import make_clinic, make_request

BY_SLUG = {protocol.slug: protocol for protocol in catalog.ALL}


def test_every_protocol_has_its_own_slug_a_summary_and_a_source():
    assert len(BY_SLUG) == len(catalog.ALL) >= 20
    for protocol in catalog.ALL:
        assert protocol.summary.endswith(".")
        assert len(protocol.source) > 20
        assert protocol.version == 1


def test_the_catalogue_says_that_it_is_no_advice():
    assert "not medical advice" in (catalog.__doc__ or "").replace("None of it is", "not")


@pytest.mark.parametrize(
    "protocol, sessions, days_a_week, minutes",
    [
        (catalog.NEUROPATHIC_PAIN, 20, 5, 30),
        (catalog.CHRONIC_PAIN, 20, 5, 40),
        (catalog.TWENTY, 20, 5, 30),
        (catalog.PMS_DAILY, 10, 5, 20),
        (catalog.STANDARD_RTMS, 36, 5, 30),
        (catalog.THIRTY_DAILY, 30, 5, 60),
        (catalog.INTERMITTENT, 30, 5, 15),
        (catalog.DEEP_DEPRESSION, 20, 5, 30),
        (catalog.OCD, 29, 5, 40),
        (catalog.SMOKING, 18, 5, 30),
        (catalog.MIGRAINE, 3, 3, 30),
        (catalog.TWICE_DAILY, 30, 5, 30),
        (catalog.ACCELERATED, 50, 5, 20),
        (catalog.PAIN_TEN_DAILY, 10, 5, 30),
        (catalog.PAIN_RESPONDERS, 5, 5, 30),
        (catalog.FIBROMYALGIA, 20, 5, 30),
        (catalog.MAINTENANCE, 11, 1, 30),
        (catalog.IMPLANTED, 3, 1, 60),
    ],
)
def test_the_shapes_are_those_of_their_sources(protocol, sessions, days_a_week, minutes):
    first = protocol.phases[0]

    assert (protocol.sessions(), first.per_week_max, first.visit.minutes) == (sessions, days_a_week, minutes)


def test_the_standard_course_is_thirty_and_a_taper_of_three_two_one():
    acute, taper = catalog.STANDARD_RTMS.phases

    assert (acute.sessions, acute.per_week_min, taper.taper) == (30, 3, (3, 2, 1))


def test_conditional_phases_wait_for_their_condition():
    asked = {
        (protocol.slug, phase.name): protocol.sessions([phase.name])
        for protocol in catalog.ALL
        for phase in protocol.phases
        if phase.condition
    }

    assert asked == {
        ("deep-tms-20", "maintenance"): 44,
        ("neuropathic-pain-daily", "fifth and sixth week"): 30,
        ("pain-5-daily-responders", "weekly"): 9,
        ("implanted-neuromodulation", "after the implant"): 4,
    }


def test_a_mapping_needs_the_prescriber_for_half_an_hour_in_its_middle():
    for protocol in catalog.ALL:
        if visit := protocol.first_visit:
            assert (visit.kind, visit.prescriber_minutes, visit.prescriber_offset) == (VisitKind.MAPPING, 30, 15)
            assert visit.chair_kinds == protocol.phases[0].visit.chair_kinds


def test_every_course_is_followed_up_and_needs_no_chair_for_it():
    for protocol in catalog.ALL:
        assert protocol.follow_ups
        assert all(
            item.visit.kind is VisitKind.FOLLOW_UP and not item.visit.needs_chair for item in protocol.follow_ups
        )


def test_assessments_are_on_sessions_that_exist():
    for protocol in catalog.ALL:
        most = protocol.sessions([phase.name for phase in protocol.phases])
        assert all(1 <= item.at_session <= most for item in protocol.assessments)


@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize("protocol", catalog.ALL, ids=lambda protocol: protocol.slug)
def test_every_protocol_can_be_booked_in_an_empty_clinic(protocol, extended):
    names = frozenset(phase.name for phase in protocol.phases if phase.condition and extended)
    clinic, request = make_clinic(), make_request(protocol, phases=names)

    plan = plan_course(request, clinic)[0]

    assert plan.is_complete
    assert not plan.unplaced
    assert len(plan.sessions) == request.sessions + len(protocol.follow_ups)
    assert check(plan.sessions, clinic, [request]) == ()


def test_a_protocol_is_found_by_its_slug():
    assert catalog.by_slug("standard-rtms-36") is catalog.STANDARD_RTMS
    with pytest.raises(KeyError):
        catalog.by_slug("leeches")
