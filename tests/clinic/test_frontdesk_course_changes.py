"""The desk changes a running course: other hours, days away, a slower pace, no taper."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from clinic.models import AuditEntry, Course, Repair
from clinic.services import attendance, booking

from .builders import at, make_user
from .diaries import assert_diary_is_right, snapshot
from .pages import page_of
from .test_course_changes import BY, THURSDAY, course, hold, tapering  # noqa: F401, fixtures

pytestmark = pytest.mark.usefixtures("clinic")
UNCHANGED = {"hours": "Mon-Fri 08:00-12:00", "away": "", "latest": "", "per_week": ""}


@pytest.fixture
def thursday(course, clock, desk, imogen):  # noqa: F811
    """Thursday evening of the first week, of which every session was held."""
    hold(course)
    clock[0] = THURSDAY
    desk.force_login(imogen)
    return clock


@pytest.fixture
def address(course):  # noqa: F811
    return reverse("frontdesk:change-course", args=[course.uid])


@pytest.fixture
def look(desk, thursday, address):
    return lambda **wanted: desk.post(address, UNCHANGED | wanted | {"do": "look"})


def ways(page):
    return re.findall(r'name="way" value="(\w+)"', page)


def choose(desk, address, page, **more):
    """Send what the form below the ways would send."""
    shown = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.partition('id="ways"')[2])
    sent = {}
    for name, value in shown:
        sent.setdefault(name, []).append(value)
    return desk.post(address, sent | {"way": ways(page)[0], "do": "change"} | more, follow=True)


def test_the_patient_s_page_leads_to_the_form_with_what_is_asked_now(desk, thursday, address, course):  # noqa: F811
    assert f'href="{address}"' in page_of(desk.get(reverse("frontdesk:patient", args=[course.patient.uid])))

    page = page_of(desk.get(address))

    assert 'value="Mon-Fri 08:00-12:00"' in page
    assert "Leave out “taper”" in page
    assert "Leave out “acute”" not in page  # it has begun
    assert not ways(page)


def test_looking_shows_the_ways_and_changes_nothing(look, course):  # noqa: F811
    before = snapshot()

    page = page_of(look(hours="Mon-Fri 13:00-17:00"))

    assert len(ways(page)) >= 1
    assert re.search(r"Session 5 moves from Fri 27 Nov at 08:30 to Fri 27 Nov at 1[3-6]:", page)
    assert "longest gap" in page
    assert snapshot() == before
    assert not Repair.objects.exists()


def test_a_way_is_done_and_undone(desk, look, course, address, site):  # noqa: F811
    before, asked = snapshot(), dict(course.request)

    after = choose(desk, address, page_of(look(hours="Mon-Fri 13:00-17:00")))

    assert "The course is changed." in page_of(after)
    assert "You can undo the whole change until" in page_of(after)
    coming = course.sessions.filter(status="booked", starts_at__gt=THURSDAY)
    assert {row.starts_at.hour >= 13 for row in coming} == {True}
    assert AuditEntry.objects.filter(action="course changed", course=course).exists()
    assert_diary_is_right(site, THURSDAY)
    undone = desk.post(reverse("frontdesk:repair", args=[Repair.objects.get().uid]), follow=True)
    assert "The change is undone." in page_of(undone)
    rows = [row for row in snapshot()["sessions"] if row["status"] != "entered-in-error"]
    assert (rows, snapshot()["cells"]) == (before["sessions"], before["cells"])
    assert Course.objects.get(pk=course.pk).request == asked


@pytest.mark.parametrize(
    "wanted, kept",
    [
        ({"away": "Mon 30 Nov, 1 Dec"}, {"away": ["2026-11-30", "2026-12-01"]}),
        ({"per_week": "3"}, {"pace": {"per_week": 3, "since": "2026-11-30"}}),
        ({"without": ["taper"]}, {"without": ["taper"]}),
        ({"latest": "18 Dec"}, {"latest_date": "2026-12-18"}),
    ],
    ids=lambda value: next(iter(value)),
)
def test_only_what_is_different_is_asked_anew(desk, look, course, address, site, wanted, kept):  # noqa: F811
    before = dict(course.request)

    choose(desk, address, page_of(look(**wanted)), why="asked for")

    course.refresh_from_db()
    assert course.request == before | kept
    assert_diary_is_right(site, THURSDAY)
    page = page_of(desk.get(address))
    assert all(text in page for text in {"away": ["Mon 30 Nov 2026, Tue 1 Dec 2026"]}.get(next(iter(kept)), []))


def test_the_pace_of_the_protocol_comes_back(desk, look, course, address):  # noqa: F811
    choose(desk, address, page_of(look(per_week="3")), why="")
    course.refresh_from_db()
    assert 'value="3" selected' in page_of(desk.get(address))

    choose(desk, address, page_of(look(per_week="")), why="")

    course.refresh_from_db()
    assert course.request["pace"] is None


def test_days_away_that_have_passed_are_kept(desk, look, course, address):  # noqa: F811
    course.request["away"] = ["2026-11-20"]
    course.save()

    choose(desk, address, page_of(look(away="30 Nov")))

    course.refresh_from_db()
    assert course.request["away"] == ["2026-11-20", "2026-11-30"]


def test_what_another_system_wrote_in_its_own_way_is_no_change(desk, thursday, course, address):  # noqa: F811
    course.request |= {"availability": "Mon-Fri  08:00-12:00 ", "away": ["2026-12-24", "2026-11-30", "2026-12-24"]}
    course.save()
    page = page_of(desk.get(address))
    assert 'value="Mon 30 Nov 2026, Thu 24 Dec 2026"' in page

    answer = desk.post(address, UNCHANGED | {"away": "Mon 30 Nov 2026, Thu 24 Dec 2026", "do": "look"})

    assert "Nothing here is different" in page_of(answer)


def test_as_many_days_away_as_may_be_sent_fit_into_the_form(desk, thursday, course, address):  # noqa: F811
    course.request["away"] = [str(at("2027-01-01", "09:00").date() + timedelta(days=day)) for day in range(400)]
    course.save()
    written = re.search(r'name="away" value="([^"]+)"', page_of(desk.get(address)))[1]

    answer = desk.post(address, UNCHANGED | {"away": written, "do": "look"})

    assert "Nothing here is different" in page_of(answer)


@pytest.mark.parametrize(
    "wrong, sentence",
    [
        ({}, "Nothing here is different"),
        ({"hours": "whenever"}, "whenever"),
        ({"hours": "Mon\x00"}, "a sign that nobody can see"),
        ({"hours": "Sun 25:00-26:00"}, "25:00"),
        ({"hours": "Mon-Fri 09:00-09:00"}, "09:00"),
        ({"hours": "x" * 1001}, "1000 is the most"),
        ({"away": "someday"}, "Cannot read"),
        ({"away": "16 Nov 2026"}, "Mon 16 Nov 2026 has passed"),
        ({"away": "1 Jan 2027 to 1 Jan 2030"}, "Cannot read"),
        ({"latest": "31 Feb"}, "Cannot read"),
        ({"latest": "16 Nov 2026"}, "has passed"),
        ({"per_week": "0"}, "not one of the choices"),
        ({"per_week": "three"}, "not one of the choices"),
        ({"without": ["acute"]}, "not one of the choices"),
        ({"without": ["maintenance"]}, "not one of the choices"),
    ],
    ids=str,
)
def test_what_cannot_be_is_told_in_a_sentence_and_nothing_changes(look, course, wrong, sentence):  # noqa: F811
    before = snapshot()

    answer = look(**wrong)

    assert answer.status_code == 422
    assert sentence in page_of(answer)
    assert not ways(page_of(answer))
    assert snapshot() == before


def test_where_there_is_no_way_the_page_says_why(look):
    page = page_of(look(latest="27 Nov"))

    assert not ways(page)
    assert re.search(r'id="ways" role="alert">.*<p>\w.*\.</p>', page, re.DOTALL)


def test_a_way_that_is_not_there_any_more_changes_nothing(desk, thursday, address):
    before = snapshot()

    answer = desk.post(address, UNCHANGED | {"per_week": "3", "way": "gone", "do": "change"})

    assert answer.status_code == 409
    assert "so nothing has changed" in page_of(answer)
    assert ways(page_of(answer))
    assert snapshot() == before


def test_a_course_that_changed_since_the_ways_were_shown_is_not_changed_blindly(desk, look, address):
    page = page_of(look(per_week="3"))
    last = Course.objects.get().sessions.filter(status="booked").exclude(kind="follow-up").order_by("starts_at").last()
    attendance.set_status(session=last, status="cancelled", by=BY, now=THURSDAY)
    before = snapshot()

    answer = choose(desk, address, page)

    assert answer.status_code == 409
    assert snapshot() == before


def test_a_busy_diary_is_told_and_what_was_typed_is_kept(desk, look, address, monkeypatch):
    page = page_of(look(per_week="3"))
    monkeypatch.setattr("clinic.services.repair.applying.under_lock", lambda *args: busy())

    answer = choose(desk, address, page)

    assert "please try again" in page_of(answer)
    assert 'value="3" selected' in page_of(answer)


def busy():
    raise booking.Busy


def test_a_way_that_breaks_a_rule_asks_why(desk, look, course, address, thursday, imogen):  # noqa: F811
    """One of the two days of a tapering week falls away, and at the end there is no week that should have it."""
    thursday[0] = at("2026-12-07", "18:00")
    hold(course, thursday[0])
    desk.force_login(imogen)
    page = page_of(look(away="8 Dec, 9 Dec"))
    assert page.count("Breaks 2 rules of the course") == 1
    breaking = {"way": ways(page)[-1]}

    assert "Say why in a few words" in page_of(choose(desk, address, page, **breaking))
    assert "The course is changed." in page_of(choose(desk, address, page, why="is abroad", **breaking))
    assert AuditEntry.objects.get(action="course changed").why == "is abroad"


def test_days_away_on_which_nothing_is_booked_move_nothing(look):
    page = page_of(look(away="Sat 28 Nov"))

    assert "No session moves." in page
    assert "as before" in page


def test_a_course_that_was_cancelled_is_not_changed(desk, thursday, course, address):  # noqa: F811
    Course.objects.update(status="revoked")

    page = page_of(desk.get(address, follow=True))

    assert "does not go on" in page
    assert "Change this course" not in page
    assert desk.post(address, UNCHANGED | {"per_week": "3", "way": "x", "do": "change"}).status_code == 302


def test_nothing_of_the_patient_is_in_the_address(look, address):
    assert look(away="30 Nov").request["QUERY_STRING"] == ""
    assert re.search(r'<form[^>]* method="post"[^>]*change/#ways"', page_of(look(away="30 Nov")))


def test_the_form_is_there_after_a_few_questions_to_the_database(
    desk, thursday, address, django_assert_max_num_queries
):
    with django_assert_max_num_queries(16):
        desk.get(address)


def test_only_the_desk_of_this_clinic_changes_it(other_desk, paul, client, site, thursday, address, course):  # noqa: F811
    before = snapshot()
    other_desk.force_login(paul)
    assert other_desk.get(address).status_code == 404
    assert other_desk.post(address, UNCHANGED | {"per_week": "3", "do": "change", "way": "x"}).status_code == 404
    client.force_login(make_user(site, role="technician"))
    assert client.get(address).status_code == 403
    assert client.post(address, UNCHANGED | {"per_week": "3", "do": "change", "way": "x"}).status_code == 403
    assert snapshot() == before
    assert "Change this course" not in page_of(client.get(reverse("frontdesk:patient", args=[course.patient.uid])))


def test_a_course_of_tomorrow_is_changed_before_it_begins(desk, course, clock, imogen, address):  # noqa: F811
    clock[0] = at("2026-11-20", "09:00") + timedelta(minutes=1)
    desk.force_login(imogen)
    answer = desk.post(address, UNCHANGED | {"away": "23 Nov", "do": "look"})

    choose(desk, address, page_of(answer))

    assert course.sessions.filter(status="booked").order_by("starts_at").first().starts_at.day == 24
