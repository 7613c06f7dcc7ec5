"""The list of a day: what stands in it, and what the desk says about each session."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Closure
from clinic.selectors.day_gaps import gaps_of_day
from clinic.selectors.diary import day_list
from clinic.services import waiting_list

from .builders import at, make_course, make_patient, make_session, make_user
from .pages import HTMX, page_of

pytestmark = pytest.mark.usefixtures("clock")

TODAY = "/day/2026-11-20/"


@pytest.fixture
def session(margaret, protocol, chairs, technicians):
    return make_session(make_course(margaret, protocol), chairs[0], technicians[0], at("2026-11-20", "10:00"))


def say(client, session, status, **more):
    return client.post(reverse("frontdesk:status", args=[session.uid]), {"status": status} | more, follow=True)


@pytest.fixture
def listed(desk):
    """Imogen's browser, in which days are lists."""
    desk.post(reverse("frontdesk:look"), {"view": "list"})
    return desk


def test_a_day_lists_its_sessions_in_order_of_time(listed, session, pia, protocol, chairs, technicians):
    make_session(make_course(pia, protocol), chairs[1], technicians[1], at("2026-11-20", "08:30"))

    page = listed.get(TODAY).content.decode()

    assert page.index("LINDQVIST, Pia") < page.index("OKONJO, Margaret")
    assert "1 of 1, 30 min, Ana Reyes" in page
    assert '<span class="state state--booked">' in page


def test_a_day_belongs_to_the_clock_of_its_clinic(session, site):
    assert [row.pk for row in day_list(site, date(2026, 11, 20)).sessions] == [session.pk]

    site.timezone = "Pacific/Auckland"  # where ten in the morning in London is eleven in the evening

    assert [row.pk for row in day_list(site, date(2026, 11, 20)).sessions] == [session.pk]
    site.timezone = "Pacific/Kiritimati"  # and here it is the next day already
    assert not day_list(site, date(2026, 11, 20)).sessions
    assert [row.pk for row in day_list(site, date(2026, 11, 21)).sessions] == [session.pk]


def test_a_session_goes_from_booked_to_done(desk, session):
    for status in ("arrived", "checked-in", "fulfilled"):
        say(desk, session, status)
        session.refresh_from_db()
        assert session.status == status


def test_a_step_can_be_taken_back_at_once(desk, session):
    page = say(desk, session, "noshow").content.decode()
    assert "OKONJO, Margaret</b>: no-show. You can take it back until 09:03." in page
    assert f'value="booked/{session.pk}/1"' in page

    say(desk, session, "booked")

    session.refresh_from_db()
    assert session.status == "booked"


def test_a_step_that_makes_no_sense_is_answered_with_a_sentence(desk, session):
    page = say(desk, session, "fulfilled").content.decode()

    assert "cannot become done" in page
    session.refresh_from_db()
    assert session.status == "booked"


@pytest.mark.parametrize("version", ["x", "-1", "9" * 5000, "²"])
def test_a_version_that_no_page_has_shown_breaks_nothing(desk, session, version):
    assert say(desk, session, "arrived", version=version).status_code == 200


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(desk, session):
    say(desk, session, "arrived")

    page = say(desk, session, "noshow", version="0").content.decode()

    assert "Somebody else changed this" in page
    session.refresh_from_db()
    assert session.status == "arrived"


def test_a_technician_may_say_who_has_arrived(client, site, session):
    client.force_login(make_user(site, role="technician"))

    say(client, session, "arrived")

    session.refresh_from_db()
    assert session.status == "arrived"


def test_a_day_on_which_the_clinic_is_shut_says_why(desk, site):
    Closure.objects.create(
        site=site, starts_at=at("2026-12-03", "00:00"), ends_at=at("2026-12-04", "00:00"), cause="Boiler repair"
    )

    assert "Closed: Boiler repair" in desk.get("/day/2026-12-03/").content.decode()
    assert "Closed: Christmas Day" in desk.get("/day/2026-12-25/").content.decode()
    assert "Closed" not in desk.get("/day/2026-12-04/").content.decode()


def test_a_day_that_is_typed_is_found(desk, site):
    assert desk.get(TODAY, {"go": "tue"})["Location"] == "/day/2026-11-24/"
    assert "Cannot read" in desk.get(TODAY, {"go": "whenever"}, follow=True).content.decode()


def test_somebody_of_two_clinics_changes_between_them(client, site, other_site, session):
    client.force_login(make_user(site, other_site))

    here = client.get(TODAY, {"site": str(site.uid)}).content.decode()
    there = client.get(TODAY, {"site": str(other_site.uid)}).content.decode()

    assert "OKONJO" in here
    assert "OKONJO" not in there
    assert client.get(TODAY, {"go": "tue", "site": str(other_site.uid)})["Location"].endswith(f"?site={other_site.uid}")


def test_a_full_day_costs_no_more_queries_than_one_session(
    desk, pia, margaret, protocol, chairs, technicians, django_assert_num_queries
):
    course = make_course(margaret, protocol)
    make_session(course, chairs[0], technicians[0], at("2026-11-20", "08:00"), status="arrived")
    with django_assert_num_queries(11):
        desk.get(TODAY)
    for hour in range(9, 18):
        make_session(course, chairs[0], technicians[0], at("2026-11-20", f"{hour:02d}:00"))

    with django_assert_num_queries(11):
        desk.get(TODAY)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_at_the_end_of_the_calendar_is_no_page(desk, clinic, day):
    assert desk.get(f"/day/{day}/").status_code == 404


def test_a_year_that_is_far_away_is_told_on_the_day_where_it_was_typed(desk, clinic):
    answer = desk.get("/day/2026-11-20/", {"go": "31/12/9999"}, follow=True)

    assert answer.redirect_chain[-1][0].startswith("/day/2026-11-20/")
    assert "The year 9999 is too far away" in page_of(answer)


@pytest.fixture
def waits(clinic, pia, protocol, by, now):
    """Pia waits for ten daily sessions, the first of them an hour."""
    request = {"earliest_date": "2026-11-20", "availability": "Mon-Fri 08:00-12:00"}
    return waiting_list.refer(patient=pia, protocol=protocol, site=clinic, request=request, by=by, now=now)


def gaps(site, day, now):
    return [
        (gap.chair.name, f"{gap.starts_at:%H:%M}", f"{gap.ends_at:%H:%M}", gap.fits)
        for gap in gaps_of_day(site, day, now)
    ]


def test_every_gap_of_a_day_says_how_many_it_suits(listed, waits, session):
    page = page_of(listed.get(f"{TODAY}gaps/"))

    assert "Chair 1 free until 10:00, 60 min" in page
    assert page.index("1 fits") < page.index("OKONJO, Margaret") < page.index("Chair 1 free until 18:00")


def test_gaps_begin_now_end_at_a_session_and_leave_out_what_is_held(waits, session, site, now, by):
    day = date(2026, 11, 20)
    found = gaps(site, day, now)
    assert ("Chair 1", "09:00", "10:00", 1) in found
    assert ("Chair 1", "10:35", "18:00", 1) in found
    waiting_list.offer(site=site, by=by, now=now)
    assert gaps(site, day, now) != found
    assert gaps(site, date(2026, 11, 19), now) == []
    assert gaps(site, date(2026, 12, 25), now) == []


def test_a_closed_chair_has_no_gap(site, waits, chairs, now):
    Closure.objects.create(
        site=site, chair=chairs[0], starts_at=at("2026-11-23", "00:00"), ends_at=at("2026-11-23", "12:00"), cause="coil"
    )

    starts = {name: start for name, start, _, _ in gaps(site, date(2026, 11, 23), now)}

    assert (starts["Chair 1"], starts["Chair 2"]) == ("12:00", "08:00")


def test_the_gaps_come_by_themselves_and_without_script_by_a_link(desk, waits, session):
    page = page_of(desk.get(TODAY))
    assert f'hx-get="{TODAY}gaps/' in page
    assert "Show the gaps, and whom they suit" in page

    part = page_of(desk.get(f"{TODAY}gaps/", headers=HTMX))
    assert "<html" not in part
    assert 'hx-trigger="load"' not in part


def test_many_who_wait_cost_no_more_queries_on_the_list_of_gaps(
    desk, waits, session, clinic, protocol, by, now, django_assert_num_queries
):
    with CaptureQueriesContext(connection) as one:
        desk.get(f"{TODAY}gaps/")
    for _ in range(5):
        request = {"earliest_date": "2026-11-20"}
        waiting_list.refer(
            patient=make_patient(clinic), protocol=protocol, site=clinic, request=request, by=by, now=now
        )

    with django_assert_num_queries(len(one)):
        assert "6 fit" in page_of(desk.get(f"{TODAY}gaps/"))


def test_somebody_of_another_clinic_sees_no_gap_of_this_one(other_desk, site, waits, session):
    assert other_desk.get(f"{TODAY}gaps/", {"site": str(site.uid)}).status_code == 404
    assert "Chair 1" not in page_of(other_desk.get(f"{TODAY}gaps/"))
