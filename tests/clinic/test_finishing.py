"""A course ends when its last session was given, and what belongs to it goes on working after that."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core import mail
from django.urls import reverse

from clinic.models import AuditEntry, Course, Decision, OutboundMessage, Protocol, Session
from clinic.models.courses import IMPORTED
from clinic.selectors.decisions import branch_of
from clinic.selectors.follow_ups import open_follow_ups
from clinic.selectors.risks import courses_at_risk
from clinic.services import attendance, booking, decisions, diary_check, follow_ups, outbox, repair
from scheduler import Phase, Visit

from .builders import at, make_course, make_patient, make_protocol, make_recipe, make_session, make_user
from .calling import Caller, assert_problem
from .pages import page_of

pytestmark = pytest.mark.usefixtures("clinic")
DAYS = ("2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20")
ACUTE = Phase(name="acute", visit=Visit(minutes=30, turnaround_minutes=5), sessions=5, per_week_max=5)
WEEKLY = Phase(
    name="weekly",
    visit=ACUTE.visit,
    sessions=2,
    per_week_max=1,
    min_days_between=5,
    max_days_between=10,
    condition="if pain eased",
)


@pytest.fixture
def given(clinic, chairs, technicians, margaret):
    """Make a course of five sessions, of which four were given; the patient sits in the chair for the last."""

    def make(*phases, patient=margaret, last="checked-in", place=0, **fields):
        slug = f"five-{len(phases)}"
        recipe = make_recipe(slug=slug, phases=(ACUTE, *phases), first_visit=None)
        protocol = Protocol.objects.filter(slug=slug).first() or make_protocol(recipe)
        request = {"earliest_date": "2026-11-16", "time": "08:30"}
        course = make_course(patient, protocol, **{"request": request} | fields)
        for day in DAYS:
            status = last if day == DAYS[-1] else "fulfilled"
            make_session(course, chairs[place], technicians[place], at(day, "08:30"), status=status)
        return course

    return make


@pytest.fixture
def note(by, now):
    def note_status(course, status, number=5, moment=now):
        session = course.sessions.exclude(kind="follow-up").filter(number=number).latest("pk")
        return attendance.set_status(session=session, status=status, by=by, now=moment)

    return note_status


def fresh(course):
    return Course.objects.select_related("patient__site", "protocol", "site").get(pk=course.pk)


def state(course):
    return fresh(course).status


def test_a_course_is_finished_when_its_last_session_is_done_and_runs_again_when_that_is_taken_back(given, note, now):
    course = given()
    before = fresh(course).version

    note(course, "fulfilled")

    assert state(course) == "completed"
    assert fresh(course).version == before + 1
    assert AuditEntry.objects.get(action="course finished").course == course
    note(course, "checked-in", moment=now + timedelta(seconds=60))
    assert state(course) == "active"
    assert AuditEntry.objects.get(action="course runs again").course == course
    note(course, "fulfilled", moment=now + timedelta(seconds=90))
    assert state(course) == "completed"


def test_a_missed_session_keeps_a_course_running_and_its_make_up_finishes_it(given, note, by, now, site):
    course = given()
    Session.objects.filter(course=course, number=2).update(status="noshow")
    note(course, "fulfilled")
    assert state(course) == "active"
    assert [row.course for row in courses_at_risk(site, now)] == [course]

    missed = course.sessions.get(number=2)
    way = repair.make_up_ways(session=missed, now=now)[0]
    repair.make_up(session=missed, key=way.key, why="it is late", by=by, now=now)

    made = course.sessions.get(number=2, status="booked")
    for status in ("checked-in", "fulfilled"):
        note(course, status, number=2, moment=made.starts_at)
    assert state(course) == "completed"


def test_a_decision_that_is_due_keeps_a_course_running_until_it_is_made(given, note, by, now):
    course = given(WEEKLY)
    note(course, "fulfilled")
    assert state(course) == "active"

    decisions.decline(course=fresh(course), phase="weekly", by=by, now=now)
    assert state(course) == "completed"
    decisions.reopen(course=fresh(course), phase="weekly", by=by, now=now)
    assert state(course) == "active"
    done = decisions.agree(course=fresh(course), phase="weekly", by=by, now=now)
    assert state(course) == "active"
    decisions.undo_repair(done=done, by=by, now=now)
    assert branch_of(fresh(course), "weekly").is_open
    assert state(course) == "active"


def test_more_sessions_make_a_finished_course_run_again_and_undoing_them_finishes_it(given, note, by, now, site):
    course = given(last="fulfilled", status="completed")
    way = decisions.preview(course=fresh(course), phase="extension", sessions=3, now=now)

    done = decisions.agree(course=fresh(course), phase="extension", sessions=3, key=way.key, by=by, now=now)

    assert state(course) == "active"
    assert course.sessions.filter(status="booked").exclude(kind="follow-up").count() == 3
    decisions.undo_repair(done=done, by=by, now=now)
    assert state(course) == "completed"
    decisions.hold(course=fresh(course), phase="extension", sessions=3, by=by, now=now)
    assert state(course) == "active"
    codes = {line.code for row in courses_at_risk(site, now) for line in row.lines}
    assert "decision-due" in codes
    decisions.decline(course=fresh(course), phase="extension", by=by, now=now)
    assert state(course) == "completed"


def test_a_follow_up_is_booked_after_the_end_noted_and_does_not_reopen_the_course(given, note, by, now, site):
    course = given()
    note(course, "fulfilled")
    (due,) = open_follow_ups(fresh(course), course.sessions.all())
    later = now + timedelta(days=20)
    assert [line.code for row in courses_at_risk(site, later) for line in row.lines] == ["follow-up-missing"]

    place = follow_ups.openings(course=fresh(course), follow_up=due, first=date(2026, 12, 18), now=later)[0]
    start, chair = booking.read_opening(place.key, site=site)
    follow_ups.book(course=fresh(course), position=0, start=start, chair=chair, by=by, now=later)

    message = OutboundMessage.objects.get(template="changed")
    assert outbox.deliver_due(message.due_at + timedelta(seconds=1)) == 1
    assert OutboundMessage.objects.get(pk=message.pk).status == "sent"
    assert state(course) == "completed"
    assert courses_at_risk(site, later) == ()
    visit = course.sessions.get(kind="follow-up")
    for status in ("arrived", "noshow"):
        attendance.set_status(session=visit, status=status, by=by, now=visit.starts_at)
    assert state(course) == "completed"


def test_a_disruption_of_a_finished_course_s_follow_up_finds_it_another_time(
    given, chairs, technicians, report, propose, carry_out
):
    course = given(last="fulfilled", status="completed")
    recipe = {"kind": "follow-up", "phase": "one month", "minutes": 20}
    visit = make_session(course, chairs[0], technicians[0], at("2026-12-21", "09:30"), **recipe)

    when = {"from": "2026-12-21T00:00:00+00:00", "until": "2026-12-22T00:00:00+00:00"}
    carry_out(propose(report(kind="chair", chair=str(chairs[0].uid), **when)))

    moved = Session.objects.get(pk=visit.pk)
    assert (moved.chair_id, moved.starts_at) != (visit.chair_id, visit.starts_at)
    assert state(course) == "completed"


def test_that_a_course_is_finished_is_told_once_and_not_while_it_can_be_taken_back(given, note, by, now):
    course = given()

    def work(moment):
        while outbox.plan_due_reminders(moment) or outbox.deliver_due(moment):
            pass
        return OutboundMessage.objects.filter(template="finished", status="sent").count()

    evening = at(DAYS[-1], "16:30")
    assert work(evening) == 0
    note(course, "fulfilled", moment=evening)
    assert work(evening + timedelta(seconds=30)) == 0
    note(course, "checked-in", moment=evening + timedelta(seconds=60))
    assert work(evening + timedelta(minutes=10)) == 0
    note(course, "fulfilled", moment=evening + timedelta(minutes=11))
    work(evening + timedelta(minutes=12))
    assert work(evening + timedelta(minutes=20)) == 1

    way = decisions.preview(course=fresh(course), phase="extension", sessions=1, now=evening + timedelta(hours=1))
    decisions.agree(
        course=fresh(course), phase="extension", sessions=1, key=way.key, by=by, now=evening + timedelta(hours=1)
    )
    last = course.sessions.get(number=6)
    for status in ("checked-in", "fulfilled"):
        note(course, status, number=6, moment=last.starts_at)
    assert state(course) == "completed"
    assert work(last.starts_at + timedelta(hours=10)) == 1
    assert sum("that was the last of your booked appointments" in letter.body for letter in mail.outbox) == 1


def test_a_finished_course_is_not_cancelled_by_mistake(given, desk, site, by, now, clock):
    course = given(last="fulfilled", status="completed")

    with pytest.raises(booking.NotPossible, match="finished"):
        booking.cancel_course(course=course, why="moves away", by=by, now=now)

    answer = desk.post(reverse("frontdesk:cancel", args=[course.uid]), {"why": "moves away"})
    assert answer.status_code == 422
    assert "nothing to cancel" in page_of(answer)
    billing = Caller(site)
    tag = billing("GET", f"courses/{course.uid}")["ETag"]
    refused = billing("POST", f"courses/{course.uid}/cancel", {"why": "moved"}, If_Match=tag)
    assert_problem(refused, 409, "not-possible")
    assert state(course) == "completed"


def test_other_systems_see_that_a_course_is_completed_by_a_new_tag(given, note, site, clock):
    course, billing = given(), Caller(site)
    before = billing("GET", f"courses/{course.uid}")

    note(course, "fulfilled")

    after = billing("GET", f"courses/{course.uid}", If_None_Match=before["ETag"])
    assert (after.status_code, after.json()["status"]) == (200, "completed")
    listed = billing("GET", "courses?status=completed").json()["items"]
    assert [item["id"] for item in listed] == [str(course.uid)]
    found = billing("GET", f"courses/{course.uid}/follow-ups").json()["follow_ups"]
    assert [item["name"] for item in found] == ["one month"]


def test_the_person_s_page_says_finished_with_its_dates_and_still_leads_on(given, note, desk, margaret, clock):
    course = given()
    note(course, "fulfilled")
    address = reverse("frontdesk:patient", args=[margaret.uid])

    page = page_of(desk.get(address))

    assert "Finished: 16 Nov 2026 to 20 Nov 2026." in page
    assert ">finished<" in page
    assert reverse("frontdesk:follow-up", args=[course.uid, 0]) in page
    assert reverse("frontdesk:decisions", args=[course.uid]) in page
    assert reverse("frontdesk:cancel", args=[course.uid]) not in page
    assert "Past courses" not in page
    assert desk.get(reverse("frontdesk:decisions", args=[course.uid])).status_code == 200
    clock[0] += timedelta(days=300)
    desk.force_login(make_user(margaret.site))
    assert "16 Nov 2026 to 20 Nov 2026; 5 of 5 sessions done" in page_of(desk.get(address))


def test_only_a_course_taken_over_with_all_its_sessions_given_is_finished(given, note, pia):
    whole, lacking = given(plan_kind=IMPORTED), given(plan_kind=IMPORTED, patient=pia, place=1)
    Session.objects.filter(course__in=(whole, lacking), number=1).delete()
    Session.objects.filter(course=lacking, number=2).update(status="noshow")

    note(whole, "fulfilled")
    note(lacking, "fulfilled")

    assert (state(whole), state(lacking)) == ("completed", "active")


def test_the_diary_check_and_the_migration_know_what_was_given(given, site, now, pia, chairs, technicians):
    over, undecided = given(last="fulfilled"), given(WEEKLY, last="fulfilled", patient=pia, place=1)
    wrongly = given(last="fulfilled", status="completed", patient=make_patient(site), place=2)
    make_session(wrongly, chairs[1], technicians[1], at("2026-11-24", "10:00"))
    wrongly.request |= {"extension": 1}
    wrongly.save()

    def found():
        return {str(one).split(": ", 1)[1] for one in diary_check.broken_rules(site, now=now) if "it " in str(one)}

    says = {"it runs, although its last session was given.", "it is finished, although sessions are to come."}
    assert says <= found()
    import_module("clinic.migrations.0018_finish_what_was_given").finish_what_was_given(apps, None)

    assert [state(course) for course in (over, undecided, wrongly)] == ["completed", "active", "active"]
    assert not says & found()
    assert Decision.objects.count() == 0
