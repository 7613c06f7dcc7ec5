"""The desk makes up missed sessions, and says whether a course goes on."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from clinic.models import Course, Decision, Repair, Session
from clinic.services import attendance, booking
from clinic.services.audit import Actor

from .builders import NOW, make_user
from .pages import page_of
from .test_decisions import responders  # noqa: F401, a fixture
from .test_repair import standing

pytestmark = pytest.mark.usefixtures("clinic", "clock")


@pytest.fixture
def course(clinic, margaret, responders, imogen):  # noqa: F811
    """Ten sessions from Monday 23 November on, Monday to Thursday, which may go on once a week."""
    request = {"earliest_date": "2026-11-23", "availability": "Mon-Thu 08:00-12:00", "time": "08:30"}
    by = Actor.of_user(imogen)
    proposal = booking.propose(patient=margaret, protocol=responders, site=clinic, request=request, by=by, now=NOW)
    return booking.book(proposal=proposal, plan_kind="steadiest", by=by, now=NOW)


@pytest.fixture
def missed(course, clock, client, imogen):
    """The second session, to which Margaret did not come, as Imogen has just noted."""
    session = course.sessions.get(number=2)
    clock[0] = session.starts_at + timedelta(minutes=20)
    client.force_login(imogen)
    client.post(reverse("frontdesk:status", args=[session.uid]), {"status": "noshow"})
    return session


def address(session):
    return reverse("frontdesk:make-up", args=[session.uid])


def ways(page):
    return re.findall(r'name="way" value="(\w+)"', page)


def test_the_day_offers_to_make_up_what_was_missed(client, missed):
    day = page_of(client.get(f"/day/2026-11-24/?at={missed.pk}"))

    assert f'href="{address(missed)}"' in day
    assert "Make it up" in page_of(client.get(reverse("frontdesk:session", args=[missed.uid])))


def test_the_ways_stand_side_by_side_and_one_is_done(client, course, missed):
    page = page_of(client.get(address(missed)))

    assert len(ways(page)) >= 2
    assert "Ends Wed 9 Dec instead of Tue 8 Dec; longest gap 4 days." in page
    assert "Session 2 is new: Wed 9 Dec at 08:30" in page
    assert "Ends Tue 8 Dec as before" in page

    after = client.post(address(missed), {"way": ways(page)[0], "why": "came down with flu"}, follow=True)

    assert "Session 2 is made up." in page_of(after)
    assert "You can undo the whole change until" in page_of(after)
    assert course.sessions.get(number=2, status="booked").starts_at.date().isoformat() == "2026-12-09"


def test_whoever_makes_up_one_session_is_told_that_another_is_made_up_with_it(client, course, missed):
    other = course.sessions.get(number=5)
    attendance.set_status(session=other, status="cancelled", by=Actor.of_command("test"), now=missed.ends_at)

    page = page_of(client.get(address(missed)))

    assert "Session 5 was not made up either, so each way makes it up as well." in page


def test_a_make_up_is_undone_from_the_page_after_it(client, course, missed):
    before = standing(course)
    client.post(address(missed), {"way": ways(page_of(client.get(address(missed))))[0]})
    done = Repair.objects.get()

    answer = client.post(reverse("frontdesk:repair", args=[done.uid]), follow=True)

    assert "The change is undone." in page_of(answer)
    assert standing(course) == before
    assert "is as it was before" in page_of(client.get(reverse("frontdesk:repair", args=[done.uid])))


def test_too_late_to_undo_is_said_kindly(client, missed, clock):
    client.post(address(missed), {"way": ways(page_of(client.get(address(missed))))[0]})
    clock[0] += timedelta(minutes=4)

    answer = client.post(reverse("frontdesk:repair", args=[Repair.objects.get().uid]), follow=True)

    assert "It is too late to undo this change." in page_of(answer)


def test_a_way_that_is_not_there_any_more_changes_nothing(client, course, missed):
    before = standing(course)

    answer = client.post(address(missed), {"way": "gone"})

    assert answer.status_code == 409
    assert "so nothing has changed" in page_of(answer)
    assert len(ways(page_of(answer))) >= 2
    assert standing(course) == before


def test_a_session_that_stands_is_not_made_up(desk, course):
    page = page_of(desk.get(address(course.sessions.get(number=4))))

    assert "Only missed or cancelled ones are made up." in page
    assert not ways(page)


def test_cancelling_one_session_leads_to_its_make_up(desk, course):
    session = course.sessions.get(number=6)
    assert "Cancel this session" in page_of(desk.get(reverse("frontdesk:session", args=[session.uid])))

    answer = desk.post(reverse("frontdesk:status", args=[session.uid]), {"status": "cancelled", "version": "0"})

    assert answer["Location"] == address(session)
    page = page_of(desk.get(address(session)))
    assert "and is cancelled" in page
    assert "Wed 2 Dec at" not in page  # the day on which the patient cannot come


def test_a_technician_who_cancels_is_not_led_to_what_is_not_allowed(client, site, course):
    client.force_login(make_user(site, role="technician"))
    session = course.sessions.get(number=6)

    answer = client.post(reverse("frontdesk:status", args=[session.uid]), {"status": "cancelled"})

    assert "/day/2026-12-01/" in answer["Location"]


def test_the_work_list_leads_to_the_make_up(client, missed):
    page = page_of(client.get(reverse("frontdesk:risks")))

    assert f'href="{address(missed)}"' in page


def decide(desk, course, do, phase="weekly", **more):
    return desk.post(reverse("frontdesk:decide", args=[course.uid]), {"phase": phase, "do": do} | more, follow=True)


def test_the_course_shows_what_there_is_to_decide(desk, course):
    assert reverse("frontdesk:decisions", args=[course.uid]) in page_of(desk.get(f"/patients/{course.patient.uid}/"))

    page = page_of(desk.get(reverse("frontdesk:decisions", args=[course.uid])))

    assert "Go on with “weekly”" in page
    assert "4 sessions, if pain eased. The decision is due on Tuesday 8 December" in page
    assert "Go on with 10 more sessions" in page


def test_what_going_on_means_is_seen_before_it_is_booked(desk, course):
    page = page_of(desk.get(reverse("frontdesk:decisions", args=[course.uid]), {"show": "weekly"}))

    assert "instead of Tue 8 Dec" in page
    assert "Session 11 is new" in page
    answer = decide(desk, course, "yes", way=ways(page)[0])
    assert "the further sessions are booked" in page_of(answer)
    assert course.sessions.filter(phase="weekly", status="booked").count() == 4


def test_times_are_held_booked_and_given_back_by_undoing(desk, course):
    held = page_of(decide(desk, course, "hold"))
    assert "The times are held until Friday 11 December" in held
    assert "Times are held until" in held

    decide(desk, course, "yes")
    assert course.sessions.filter(phase="weekly", status="booked").count() == 4
    desk.post(reverse("frontdesk:repair", args=[Repair.objects.get().uid]))

    assert not course.sessions.filter(phase="weekly", status="booked").exists()
    assert Decision.objects.get().state == "held"


def test_deciding_against_it_can_be_taken_back(desk, course):
    page = page_of(decide(desk, course, "no"))
    assert "Decided: it does not go on." in page

    page = page_of(decide(desk, course, "reopen"))
    assert "can be made anew" in page
    assert not Decision.objects.exists()


def test_some_more_sessions_are_seen_and_booked(desk, course):
    page = page_of(desk.get(reverse("frontdesk:decisions", args=[course.uid]), {"show": "extension", "sessions": "4"}))

    decide(desk, course, "yes", phase="extension", sessions="4", way=ways(page)[0])

    assert course.sessions.exclude(kind="follow-up").filter(status="booked").count() == 14
    assert Course.objects.get(pk=course.pk).request["extension"] == 4


@pytest.mark.parametrize(
    "sent, said",
    [
        ({"do": "yes", "phase": "monthly"}, "no such decision"),
        ({"do": "yes", "way": "gone"}, "so nothing has changed"),
        ({"do": "perhaps"}, "Choose what to do first"),
        ({"do": "reopen"}, "no such decision"),
        ({"do": "hold", "phase": "extension", "sessions": "x" * 5000}, None),
    ],
)
def test_nonsense_is_answered_with_a_sentence(desk, course, sent, said):
    answer = desk.post(reverse("frontdesk:decide", args=[course.uid]), {"phase": "weekly"} | sent)

    assert answer.status_code == (409 if said else 302)
    assert said is None or said in page_of(answer)
    assert not Session.objects.filter(phase="weekly").exists()


def test_paul_of_another_clinic_changes_nothing(client, paul, course, missed):
    before = standing(course)
    client.force_login(paul)

    assert client.post(address(missed), {"way": "x"}).status_code == 404
    assert client.post(reverse("frontdesk:decide", args=[course.uid]), {"phase": "weekly"}).status_code == 404
    assert standing(course) == before


def test_a_missed_session_is_made_up_in_a_gap(client, course, missed):
    page = page_of(client.get(address(missed), {"at": "2026-12-09T09:15:00+00:00/"}))
    assert "Session 2 is new: Wed 9 Dec at 09:15" in page

    client.post(address(missed), {"way": ways(page)[0], "at": "2026-12-09T09:15:00+00:00/"})

    assert course.sessions.get(number=2, status="booked").starts_at.isoformat() == "2026-12-09T09:15:00+00:00"


@pytest.mark.parametrize("key", ["2026-12-09T03:00:00+00:00/", "nonsense", "2026-12-09T09:15:00+00:00/99999"])
def test_a_gap_in_which_it_cannot_be_made_up_leaves_the_usual_ways(client, missed, key):
    answer = client.get(address(missed), {"at": key})

    assert answer.status_code == 200
    assert "Session 2 is new: Wed 9 Dec at 08:30" in page_of(answer)
