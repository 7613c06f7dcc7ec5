"""Other systems change a running course, and book a follow-up that has no date."""

import pytest

from clinic.models import AuditEntry, Course, Repair
from clinic.services import attendance, booking

from .builders import at
from .calling import Caller, assert_problem
from .diaries import assert_diary_is_right, snapshot
from .test_course_changes import BY, THURSDAY, course, hold, tapering  # noqa: F401, fixtures

pytestmark = pytest.mark.usefixtures("clinic")
SLOWER = {"per_week": 3}


@pytest.fixture
def thursday(course, clock):  # noqa: F811
    """Thursday evening of the first week, of which every session was held."""
    hold(course)
    clock[0] = THURSDAY
    return clock


@pytest.fixture
def billing(site):
    return Caller(site)


@pytest.fixture
def quote(billing, thursday, course):  # noqa: F811
    return lambda **changes: billing("POST", f"courses/{course.uid}/changes/quote", {"changes": changes})


@pytest.fixture
def apply(billing, thursday, course):  # noqa: F811
    """Read the course, and change it in a way."""

    def send(changes, way, **headers):
        headers = {"If_Match": billing("GET", f"courses/{course.uid}")["ETag"]} | headers
        return billing("POST", f"courses/{course.uid}/changes", {"changes": changes, "way": way}, **headers)

    return send


def test_the_ways_of_a_change_are_tried_out_and_nothing_is_written(quote):
    before = snapshot()

    first = quote(away=["2026-11-30", "2026-12-01"]).json()["ways"][0]

    assert (first["kind"], first["ends_before"]) == ("fewest changes", "2026-12-14")
    assert {change["number"] for change in first["changes"]} >= {6, 7}
    moved = next(change for change in first["changes"] if change["number"] == 6)
    assert moved["before"]["start"] == "2026-11-30T08:30:00+00:00"
    assert moved["after"]["start"][:10] not in ("2026-11-30", "2026-12-01")
    assert snapshot() == before
    assert not Repair.objects.exists()


@pytest.mark.parametrize(
    "changes, kept",
    [
        ({"availability": "Mon-Fri 13:00-17:00"}, {"availability": "Mon-Fri 13:00-17:00"}),
        ({"availability": None}, {"availability": None}),
        ({"away": ["2026-11-30"]}, {"away": ["2026-11-30"]}),
        ({"skipped": ["2026-11-30"]}, {"skipped": ["2026-11-30"]}),
        ({"latest_date": "2026-12-18"}, {"latest_date": "2026-12-18"}),
        ({"without": ["taper"]}, {"without": ["taper"]}),
        (SLOWER, {"pace": {"per_week": 3, "since": "2026-11-30"}}),
    ],
    ids=str,
)
def test_a_change_is_made_and_undone(quote, apply, billing, course, site, changes, kept):  # noqa: F811
    before, asked = snapshot(), dict(course.request)

    done = apply(changes, quote(**changes).json()["ways"][0]["way"])

    assert (done.status_code, done.json()["state"], done.json()["course"]) == (201, "applied", str(course.uid))
    assert Course.objects.get(pk=course.pk).request == asked | kept
    assert AuditEntry.objects.filter(actor="billing (system)", action="course changed").exists()
    assert_diary_is_right(site, THURSDAY)
    assert billing("POST", f"repairs/{done.json()['id']}/undo").json()["state"] == "undone"
    rows = [row for row in snapshot()["sessions"] if row["status"] != "entered-in-error"]
    assert (rows, snapshot()["cells"]) == (before["sessions"], before["cells"])
    assert Course.objects.get(pk=course.pk).request == asked


def test_a_change_that_is_sent_twice_is_made_once(quote, billing, course):  # noqa: F811
    body = {"changes": SLOWER, "way": quote(**SLOWER).json()["ways"][0]["way"]}
    headers = {"If_Match": billing("GET", f"courses/{course.uid}")["ETag"], "Idempotency_Key": "one"}

    done, again = (billing("POST", f"courses/{course.uid}/changes", body, **headers) for _ in range(2))

    assert done.status_code == 201
    assert (again.json(), again["Idempotency-Replayed"]) == (done.json(), "true")
    assert Repair.objects.count() == 1


def test_a_change_names_the_version_that_was_read(quote, apply, billing, course):  # noqa: F811
    way = quote(**SLOWER).json()["ways"][0]["way"]
    stale = billing("GET", f"courses/{course.uid}")["ETag"]
    last = course.sessions.filter(phase="taper").last()
    attendance.set_status(session=last, status="cancelled", by=BY, now=THURSDAY)
    before = snapshot()

    assert_problem(apply(SLOWER, way, If_Match=stale), 412, "stale")
    body = {"changes": SLOWER, "way": way}
    assert_problem(billing("POST", f"courses/{course.uid}/changes", body), 428, "if-match-missing")
    assert snapshot() == before


def test_a_way_that_nobody_was_shown_is_refused(apply):
    before = snapshot()

    assert_problem(apply(SLOWER, "other"), 409, "times-taken")

    assert snapshot() == before


def test_where_there_is_no_way_the_reasons_are_given(quote):
    found = assert_problem(quote(latest_date="2026-11-30"), 409, "course-does-not-fit")

    assert "latest-date-too-early" in [reason["code"] for reason in found["reasons"]]


@pytest.mark.parametrize(
    "changes, status, field, words",
    [
        ({}, 400, "changes", "Name at least one thing"),
        ({"protocol": "x"}, 400, "changes.protocol", "There is no such field"),
        ({"per_week": 0}, 400, "changes.per_week", "1 is the least"),
        ({"per_week": 8}, 400, "changes.per_week", "7 is the most"),
        ({"per_week": "three"}, 400, "changes.per_week", "Send a number"),
        ({"away": "2026-11-30"}, 400, "changes.away", "Send a list"),
        ({"away": ["30/11/2026"]}, 400, "changes.away.0", "Give a date such as"),
        ({"away": ["0001-01-01"]}, 422, "changes.away", "between 1900 and 2199"),
        ({"latest_date": "soon"}, 400, "changes.latest_date", "Give a date such as"),
        ({"latest_date": "2026-11-01"}, 422, "changes.latest_date", "before the earliest date"),
        ({"availability": ""}, 422, "changes.availability", "It names no hour"),
        ({"availability": "whenever"}, 422, "changes.availability", "whenever"),
        ({"without": ["maintenance"]}, 422, "changes.without", "There is no such phase"),
        ({"without": ["acute"]}, 422, "changes.without", "“acute” has begun"),
        ({"without": [{"name": "taper"}]}, 400, "changes.without.0", "Send a text"),
        ("slower", 400, "changes", "Send names with values"),
        (None, 400, "changes", "null"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused_by_its_name(billing, thursday, course, changes, status, field, words):  # noqa: F811
    before = snapshot()
    kind = {400: "invalid-request", 422: "impossible-request"}[status]
    path, tag = f"courses/{course.uid}/changes", billing("GET", f"courses/{course.uid}")["ETag"]

    for found in (
        assert_problem(billing("POST", f"{path}/quote", {"changes": changes}), status, kind),
        assert_problem(billing("POST", path, {"changes": changes, "way": "x"}, If_Match=tag), status, kind),
    ):
        (error,) = found["errors"]
        assert error["field"] == field
        assert words in error["detail"]
    assert snapshot() == before


def test_a_cancelled_course_is_not_changed(quote):
    Course.objects.update(status="revoked")

    assert "does not go on" in assert_problem(quote(**SLOWER), 409, "not-possible")["detail"]


@pytest.fixture
def due(course, clock):  # noqa: F811
    """The day after the last session; the follow-up was cancelled."""
    visit = course.sessions.get(kind="follow-up")
    attendance.set_status(session=visit, status="cancelled", by=BY, now=THURSDAY)
    clock[0] = at("2026-12-15", "08:00")
    hold(course, clock[0])
    return f"courses/{course.uid}/follow-ups"


@pytest.fixture
def book(billing, due, course):  # noqa: F811
    def send(opening, position=0, **more):
        tag = billing("GET", f"courses/{course.uid}")["ETag"]
        place = {"start": opening["start"], "chair": opening["chair"] and opening["chair"]["id"]}
        return billing("POST", f"{due}/{position}", place | more, If_Match=tag)

    return send


def openings(billing, due, query=""):
    return billing("GET", f"{due}/0/openings{query}").json()["openings"]


def test_a_follow_up_without_a_date_is_listed_booked_and_undone(billing, due, book, course, site, clock):  # noqa: F811
    (item,) = billing("GET", due).json()["follow_ups"]
    assert (item["position"], item["name"], item["due_date"]) == (0, "two weeks", "2026-12-28")
    found = openings(billing, due)
    assert found
    assert all(item["first_date"] <= opening["start"][:10] <= item["last_date"] for opening in found)

    done = book(found[0])

    assert (done.status_code, done.json()["state"]) == (201, "applied")
    booked = course.sessions.get(kind="follow-up", status="booked")
    assert (booked.starts_at.isoformat(), booked.phase) == (found[0]["start"], "two weeks")
    assert_diary_is_right(site, clock[0])
    assert billing("GET", due).json()["follow_ups"] == []
    assert_problem(billing("GET", f"{due}/0/openings"), 409, "not-possible")
    assert_problem(book(found[0]), 409, "not-possible")
    billing("POST", f"repairs/{done.json()['id']}/undo")
    assert not course.sessions.filter(kind="follow-up", status="booked").exists()


def test_a_follow_up_that_is_overdue_is_booked_when_somebody_says_why(billing, due, book, course, clock):  # noqa: F811
    clock[0] = at("2027-02-01", "08:00")
    place = openings(billing, due, "?first=2027-02-03")[0]
    assert place["start"][:10] >= "2027-02-03"

    assert "Say why" in assert_problem(book(place), 409, "not-possible")["detail"]
    assert book(place, why="was abroad").status_code == 201
    assert AuditEntry.objects.get(action="follow-up booked").why == "was abroad"


def test_a_place_that_is_no_opening_comes_with_others(billing, due, book, course):  # noqa: F811
    night = {"start": "2026-12-28T03:00:00+00:00", "chair": None}

    found = assert_problem(book(night), 409, "session-does-not-fit")

    assert found["alternatives"][0]["start"] >= "2026-12-28"
    assert not course.sessions.filter(kind="follow-up", status="booked").exists()


def test_a_follow_up_names_the_version_that_was_read(billing, due):
    place = openings(billing, due)[0]["start"]

    assert_problem(billing("POST", f"{due}/0", {"start": place}), 428, "if-match-missing")
    assert_problem(billing("POST", f"{due}/0", {"start": place}, If_Match='"old"'), 412, "stale")


def test_nonsense_about_follow_ups_is_refused(billing, due, book):
    for first in ("someday", "2026-12-14", "2029-01-01"):
        assert_problem(billing("GET", f"{due}/0/openings?first={first}"), 400, "invalid-request")
    for start in ("2026-12-14T09:00:00Z", "2029-01-01T09:00:00Z", "2026-12-28T09:00:00", 5):
        assert_problem(book({"start": start, "chair": None}), 400, "invalid-request")
    nowhere = {"start": "2026-12-28T09:00:00Z", "chair": {"id": "00000000-0000-4000-8000-000000000000"}}
    assert_problem(book(nowhere), 404, "not-found")
    assert_problem(billing("GET", f"{due}/7/openings"), 409, "not-possible")
    assert_problem(book({"start": "2026-12-28T09:00:00Z", "chair": None}, position=10**30), 409, "not-possible")
    assert_problem(billing("GET", f"{due}/first/openings"), 404, "not-found")


def test_another_site_s_courses_are_not_changed(other_site, course, due):  # noqa: F811
    before, stranger, path = snapshot(), Caller(other_site), f"courses/{course.uid}"

    for method, address, body in (
        ("POST", f"{path}/changes/quote", {"changes": SLOWER}),
        ("POST", f"{path}/changes", {"changes": SLOWER, "way": "x"}),
        ("GET", due, None),
        ("GET", f"{due}/0/openings", None),
        ("POST", f"{due}/0", {"start": "2026-12-28T09:00:00Z"}),
    ):
        assert_problem(stranger(method, address, body, If_Match="*"), 404, "not-found")
    assert snapshot() == before


def test_a_reader_may_try_a_change_out_but_not_make_it(site, thursday, course):  # noqa: F811
    reader = Caller(site, scopes=["courses:read"])
    body = {"changes": SLOWER}

    way = reader("POST", f"courses/{course.uid}/changes/quote", body).json()["ways"][0]["way"]

    assert_problem(
        reader("POST", f"courses/{course.uid}/changes", body | {"way": way}, If_Match="*"), 403, "not-allowed"
    )


def test_a_busy_diary_says_when_to_come_again(quote, apply, monkeypatch):
    way = quote(**SLOWER).json()["ways"][0]["way"]
    monkeypatch.setattr("clinic.services.repair.applying.under_lock", lambda *args: busy())

    assert assert_problem(apply(SLOWER, way), 503, "busy")


def busy():
    raise booking.Busy
