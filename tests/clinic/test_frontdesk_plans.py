"""What the desk is told about a plan before it books, and what it is offered when nothing fits."""

import re

import pytest
from django.urls import reverse

from clinic.models import Proposal
from scheduler import Phase, Visit

from .builders import make_protocol, make_recipe, make_site
from .pages import HTMX, confirm, page_of

pytestmark = pytest.mark.usefixtures("clock")


def test_when_nothing_fits_the_reasons_come_with_buttons_that_help(ask, asked):
    page = page_of(ask(asked | {"latest": "27 Nov 2026"}))

    assert "Nothing fits yet" in page
    buttons = re.findall(r'name="do" value="((?:latest|hours|anytime|units|authorised_until):[^"]*)"', page)
    assert buttons
    changed = page_of(ask(asked | {"latest": "27 Nov 2026", "do": buttons[0]}, headers=HTMX))
    assert "all 10 sessions placed" in changed
    assert 'id="asked" hx-swap-oob="innerHTML"' in changed


def test_a_plan_that_cannot_be_told_from_the_form_stays_chosen(ask, asked):
    kinds = re.findall(r'name="plan" id="plan-\w" value="([^"]+)"', page_of(ask(asked)))
    if len(kinds) > 1:
        assert f'value="{kinds[1]}" checked' in page_of(ask(asked | {"plan": kinds[1]}))
    assert f'value="{kinds[0]}" checked' in page_of(ask(asked | {"plan": "nonsense"}))


def test_the_calendar_names_closed_days_and_the_end_of_the_authorisation(ask, asked):
    page = page_of(
        ask(asked | {"earliest": "Mon 21 Dec 2026", "authorised_until": "Fri 15 Jan 2027", "away": "22 Dec"})
    )

    assert "Christmas Day" in page
    assert "Authorised until" in page
    assert "Away" in page
    assert "working day" in page


def test_conditional_phases_are_planned_when_they_are_ticked(ask, asked):
    visit = Visit(minutes=30)
    phases = (
        Phase(name="acute", visit=visit, sessions=5),
        Phase(name="booster", visit=visit, sessions=2, condition="responders"),
    )
    protocol = make_protocol(make_recipe(slug="five-and-two", phases=phases, first_visit=None, follow_ups=()))
    plain = page_of(ask(asked | {"protocol": str(protocol.uid)}))
    more = page_of(ask(asked | {"protocol": str(protocol.uid), "phase": f"{protocol.uid}:booster"}))

    assert "all 5 sessions placed" in plain
    assert "all 7 sessions placed" in more


def test_a_clinic_without_chairs_gets_reasons_not_an_error(desk, asked, imogen):
    bare = make_site()
    imogen.sites.add(bare)
    from .builders import make_patient

    answer = desk.post(reverse("frontdesk:book", args=[make_patient(bare).uid]), asked)

    assert answer.status_code == 200
    assert "Nothing fits yet" in page_of(answer)


def test_too_few_units_are_not_said_to_leave_room_for_every_session(ask, asked):
    page = page_of(ask(asked | {"authorised_until": "1 Mar 2027", "units": "4"}))

    assert "4 of 10 sessions fit" in page
    assert "10 of 10 sessions fit" not in page
    assert 'value="units:10"' in page


def test_a_session_fixed_on_a_day_that_has_passed_can_be_let_go(ask, asked):
    fixed = {"fixed": "2026-11-02T09:00:00+00:00|"}

    refused = ask(asked | fixed)
    freed = ask(asked | fixed | {"do": "free"})

    assert (refused.status_code, freed.status_code) == (422, 200)
    assert "fixed on a day that has passed" in page_of(refused)
    assert 'name="do" value="free"' in page_of(refused)
    assert Proposal.objects.latest("created_at", "pk").request["fixed"] == []


def test_a_second_course_beside_a_running_one_is_not_booked_unawares(ask, asked, desk, margaret, pia):
    address = reverse("frontdesk:book", args=[margaret.uid])
    assert "has a course already" not in page_of(desk.get(address))
    confirm(ask, asked)

    assert "Margaret has a course already" in page_of(desk.get(address))
    assert "has a course already" not in page_of(desk.get(reverse("frontdesk:book", args=[pia.uid])))
