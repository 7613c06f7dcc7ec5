"""Other systems make up missed sessions, and say whether a course goes on."""

import pytest
from django.utils import timezone

from clinic.models import AuditEntry, Decision, Repair
from clinic.services.audit import Actor

from .builders import NOW
from .calling import Caller, assert_problem
from .test_decisions import book, responders  # noqa: F401, a fixture
from .test_repair import miss, standing

pytestmark = pytest.mark.usefixtures("clinic")


@pytest.fixture
def course(clinic, margaret, responders, imogen):  # noqa: F811
    return book(margaret, responders, Actor.of_user(imogen), availability="Mon-Thu 08:00-12:00")


@pytest.fixture
def missed(course, monkeypatch):
    """The third session, to which Margaret did not come a moment ago."""
    session = miss(course, 3)
    monkeypatch.setattr(timezone, "now", lambda: session.ends_at)
    return session


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """The doors look at this clock."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def billing(site):
    return Caller(site)


def test_the_ways_to_make_up_a_session_are_tried_out(billing, course, missed):
    before = standing(course)

    first, *others = billing("GET", f"sessions/{missed.uid}/make-ups").json()["ways"]

    assert (first["kind"], first["ends_before"], first["ends_after"]) == ("fewest changes", "2026-12-08", "2026-12-09")
    added = next(change for change in first["changes"] if change["change"] == "added")
    assert (added["number"], added["before"], added["after"]["start"]) == (3, None, "2026-12-09T08:30:00+00:00")
    assert "further day" in [way["kind"] for way in others]
    assert standing(course) == before


def test_a_way_is_done_once_and_undone(billing, course, missed):
    before = standing(course)
    way = billing("GET", f"sessions/{missed.uid}/make-ups").json()["ways"][0]["way"]
    path, body = f"sessions/{missed.uid}/make-ups", {"way": way, "why": "flu"}

    done = billing("POST", path, body, Idempotency_Key="one")
    again = billing("POST", path, body, Idempotency_Key="one")

    assert (done.status_code, done.json()["state"]) == (201, "applied")
    assert again.json() == done.json()
    assert Repair.objects.count() == 1
    assert_problem(billing("POST", path, body), 409, "not-possible")
    undone = billing("POST", f"repairs/{done.json()['id']}/undo")
    assert undone.json()["state"] == "undone"
    assert standing(course) == before


def test_a_way_that_nobody_was_shown_is_refused(billing, course, missed):
    assert_problem(billing("POST", f"sessions/{missed.uid}/make-ups", {"way": "other"}), 409, "times-taken")
    standing_session = course.sessions.get(number=5)
    assert_problem(billing("GET", f"sessions/{standing_session.uid}/make-ups"), 409, "not-possible")


def decide(billing, course, answer, phase="weekly", **more):
    return billing("POST", f"courses/{course.uid}/decisions", {"phase": phase, "answer": answer} | more)


def test_decisions_are_listed_held_and_made(billing, course):
    path = f"courses/{course.uid}/decisions"
    weekly, more = billing("GET", path).json()["branches"]
    assert (weekly["phase"], weekly["sessions"], weekly["due_date"], weekly["state"]) == (
        "weekly", 4, "2026-12-08", "open",
    )  # fmt: skip
    assert more["phase"] == "extension"

    held = decide(billing, course, "hold").json()["branches"][0]
    assert (held["state"], held["held_until"]) == ("held", "2026-12-11T00:00:00+00:00")
    tried = billing("GET", f"{path}/preview?phase=weekly").json()
    assert [change["number"] for change in tried["changes"] if change["change"] == "added"] == [11, 12, 13, 14]
    made = decide(billing, course, "yes", way=tried["way"]).json()

    assert [branch["phase"] for branch in made["branches"]] == ["extension"]
    assert course.sessions.filter(phase="weekly", status="booked").count() == 4
    billing("POST", f"repairs/{made['repair']}/undo")
    assert Decision.objects.get().state == "held"
    assert AuditEntry.objects.filter(actor="billing (system)", action="course goes on").exists()


def test_a_course_does_not_go_on_and_may_be_asked_again(billing, course):
    assert decide(billing, course, "no").json()["branches"][0]["state"] == "declined"
    assert_problem(decide(billing, course, "yes"), 409, "not-possible")
    assert decide(billing, course, "reopen").json()["branches"][0]["state"] == "open"


def test_more_sessions_are_tried_out_and_booked(billing, course):
    path = f"courses/{course.uid}/decisions/preview?phase=extension&sessions=5"
    tried = billing("GET", path).json()

    decide(billing, course, "yes", phase="extension", sessions=5, way=tried["way"])

    assert course.sessions.exclude(kind="follow-up").filter(status="booked").count() == 15


def test_nonsense_is_refused(billing, course):
    assert_problem(decide(billing, course, "perhaps"), 400, "invalid-request")
    assert_problem(decide(billing, course, "yes", phase="monthly"), 409, "not-possible")
    assert_problem(decide(billing, course, "yes", way="other"), 409, "times-taken")
    assert_problem(decide(billing, course, "hold", phase="extension", sessions=61), 400, "invalid-request")
    assert_problem(billing("GET", f"courses/{course.uid}/decisions/preview?phase=monthly"), 409, "not-possible")


def test_another_site_s_courses_are_not_changed(other_site, billing, course, missed):
    way = billing("GET", f"sessions/{missed.uid}/make-ups").json()["ways"][0]["way"]
    done = billing("POST", f"sessions/{missed.uid}/make-ups", {"way": way}).json()
    stranger = Caller(other_site)

    for method, path, body in (
        ("GET", f"sessions/{missed.uid}/make-ups", None),
        ("POST", f"sessions/{missed.uid}/make-ups", {"way": way}),
        ("GET", f"courses/{course.uid}/decisions", None),
        ("GET", f"courses/{course.uid}/decisions/preview?phase=weekly", None),
        ("POST", f"courses/{course.uid}/decisions", {"phase": "weekly", "answer": "no"}),
        ("POST", f"repairs/{done['id']}/undo", None),
    ):
        assert_problem(stranger(method, path, body), 404, "not-found")
