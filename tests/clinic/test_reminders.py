"""Reminders of the clinic: who is looked at, what is written, what is sent, and what it is too late for."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection

from clinic.models import ContactWishes, DeskTask, MessageRules, OutboundMessage, ReminderLook, Session
from clinic.models.courses import CourseStatus, SessionStatus
from clinic.models.messages import MessageStatus
from clinic.services import outbox
from clinic.services.outbox.reminding import could_be_due

from .builders import at, make_course, make_course_of_three, make_patient, make_session

SUNDAY, MONDAY = at("2026-11-22", "16:00"), at("2026-11-23", "16:00")


@pytest.fixture
def course(margaret, protocol, chairs, technicians):
    """Three visits at 8:30 on Monday to Wednesday, of which nobody was told."""
    return make_course_of_three(margaret, protocol, chairs[0], technicians[0])


def work(now):
    """Do what the worker does, until nothing is due."""
    while outbox.plan_due_reminders(now) or outbox.deliver_due(now):
        pass


def told():
    return [letter.body for letter in mail.outbox]


def states():
    return dict(OutboundMessage.objects.values_list("key", "status"))


def test_the_coming_week_and_the_first_days_are_told_and_each_once(course):
    work(at("2026-11-20", "15:59"))
    assert not mail.outbox

    for minute in (0, 1, 30):
        work(at("2026-11-20", f"16:{minute:02}"))

    (body,) = told()
    assert "Monday 23 November 2026, 8:30am\nTuesday 24 November 2026, 8:30am\nWednesday 25" in body
    work(SUNDAY)
    work(SUNDAY + timedelta(hours=1))
    work(MONDAY)
    assert [body.count("8:30am") for body in told()] == [3, 1, 1]
    work(MONDAY + timedelta(days=1))
    assert len(mail.outbox) == 3  # three a week, and no more


def test_a_worker_that_was_away_for_two_days_tells_nothing_of_what_has_begun(course, margaret):
    work(at("2026-11-20", "12:00"))

    work(at("2026-11-24", "16:30"))

    (body,) = told()
    assert "Wednesday 25 November 2026, 8:30am" in body
    assert "Tuesday" not in body
    number = margaret.pk
    assert states() == {
        f"week-{number}-2026-11-23": MessageStatus.LATE,
        f"visit-{number}-2026-11-23-1": MessageStatus.LATE,
        f"visit-{number}-2026-11-24-1": MessageStatus.LATE,
        f"visit-{number}-2026-11-25-1": MessageStatus.SENT,
    }


def test_a_reminder_that_waited_until_its_visit_began_is_too_late(course):
    outbox.plan_due_reminders(SUNDAY)

    outbox.deliver_due(at("2026-11-25", "08:30"))

    assert not mail.outbox
    assert MessageStatus.LATE in states().values()


def test_a_visit_that_was_moved_after_its_reminder_was_written_is_not_told_at_the_old_time(course):
    outbox.plan_due_reminders(MONDAY)
    course.sessions.filter(number=2).update(
        starts_at=at("2026-11-27", "10:00"), ends_at=at("2026-11-27", "10:30"), chair_until=at("2026-11-27", "10:35")
    )

    outbox.deliver_due(MONDAY)

    assert not [body for body in told() if "Tuesday 24" in body]


def test_what_was_written_at_one_moment_is_told_in_one_message(margaret, protocol, chairs, technicians):
    course = make_course_of_three(margaret, protocol, chairs[0], technicians[0])
    make_session(course, chairs[1], technicians[1], at("2026-11-25", "13:00"), kind="follow-up", phase="one month")

    work(SUNDAY)

    (body,) = told()
    assert body.count("November 2026") == 4
    assert sorted(states().values()) == [MessageStatus.JOINED, MessageStatus.JOINED, MessageStatus.SENT]


def test_a_course_that_was_cancelled_is_not_reminded_of(course):
    course.status = CourseStatus.REVOKED
    course.save()

    work(SUNDAY)

    assert not mail.outbox


def test_nobody_is_reminded_on_a_channel_that_was_stopped(course, margaret):
    ContactWishes.objects.create(patient=margaret, email_stopped_at=SUNDAY)

    work(SUNDAY)

    assert not mail.outbox
    assert not OutboundMessage.objects.exists()


def test_quiet_hours_are_those_of_the_patient_too(course, margaret):
    ContactWishes.objects.create(patient=margaret, timezone="America/New_York")

    work(at("2026-11-20", "16:00"))
    work(at("2026-11-23", "04:00"))

    assert len(mail.outbox) == 1  # eleven in the morning in New York; the second would have come at eleven at night


def test_a_patient_who_reads_spanish_is_told_in_spanish(course, margaret):
    ContactWishes.objects.create(patient=margaret, language="es")

    work(SUNDAY)

    assert "lunes 23 de noviembre de 2026, 8:30" in told()[0]
    assert mail.outbox[0].subject == "Sus citas en The Harbour Rooms"


def test_the_clinic_s_own_rules_hold(course, site):
    MessageRules.objects.create(site=site, rules={"digest_weekday": None, "leaves_at": 600, "most_a_week": 1})

    work(at("2026-11-22", "10:00"))
    work(at("2026-11-23", "10:00"))

    assert len(mail.outbox) == 1
    assert "Monday 23" in told()[0]


@pytest.fixture
def ended(margaret, protocol, chairs, technicians):
    """A finished course of ten sessions, the last on Friday 20 November."""
    course = make_course(margaret, protocol, status=CourseStatus.COMPLETED)
    for day in (9, 10, 11, 12, 13, 16, 17, 18, 19, 20):
        make_session(course, chairs[0], technicians[0], at(f"2026-11-{day:02}", "08:30"), status="fulfilled")
    return course


def test_after_the_last_session_the_patient_is_thanked_and_later_invited_until_the_follow_up_is_booked(
    ended, chairs, technicians
):
    work(at("2026-11-20", "16:00"))
    assert told() == []  # it can still be taken back
    work(at("2026-11-20", "16:03"))
    assert "the last of your booked appointments" in told()[0]

    work(at("2026-11-29", "16:00"))
    work(at("2026-12-13", "16:00"))
    assert ["arrange your next appointment" in body for body in told()] == [False, True, True]

    make_session(
        ended,
        chairs[0],
        technicians[0],
        at("2026-12-21", "08:30"),
        kind="follow-up",
        phase="one month",
        updated_at=at("2026-12-14", "09:00"),
    )
    work(at("2026-12-18", "16:00"))
    assert "Monday 21 December 2026, 8:30am" in told()[-1]


def test_an_invitation_that_was_written_before_the_booking_is_not_sent_after_it(ended, chairs, technicians):
    outbox.plan_due_reminders(at("2026-11-29", "16:00"))
    make_session(ended, chairs[0], technicians[0], at("2026-12-21", "08:30"), kind="follow-up", phase="one month")

    outbox.deliver_due(at("2026-11-29", "16:00"))

    assert not [body for body in told() if "arrange" in body]


def test_the_desk_is_warned_of_a_gap_once(course, margaret):
    course.sessions.filter(number=3).update(status=SessionStatus.NOSHOW)

    for day in range(25, 31):
        work(at(f"2026-11-{day}", "09:00"))

    (task,) = DeskTask.objects.all()
    assert (task.kind, task.patient, task.created_at) == ("gap", margaret, at("2026-11-29", "09:00"))


def test_a_change_of_the_diary_is_seen_at_the_next_look(course, chairs, technicians):
    work(at("2026-11-20", "12:00"))
    assert ReminderLook.objects.get().next_at == at("2026-11-20", "16:00")

    moved = at("2026-11-20", "12:30")
    course.sessions.filter(number=1).update(
        starts_at=at("2026-11-21", "08:30"),
        ends_at=at("2026-11-21", "09:00"),
        chair_until=at("2026-11-21", "09:00"),
        updated_at=moved,
    )
    work(at("2026-11-20", "12:31"))
    work(at("2026-11-20", "16:00"))

    assert "Saturday 21 November 2026" in told()[0]


def test_a_change_that_became_visible_late_is_looked_at_again(course):
    work(at("2026-11-20", "12:00"))
    course.sessions.update(updated_at=at("2026-11-20", "11:59"))  # committed just after the look
    ReminderLook.objects.update(next_at=None)

    assert outbox.plan_due_reminders(at("2026-11-20", "12:01")) == 0
    assert outbox.plan_due_reminders(at("2026-11-20", "12:03")) == 1
    assert outbox.plan_due_reminders(at("2026-11-20", "12:06")) == 0


def test_more_patients_than_one_look_can_hold_are_all_looked_at(site, protocol, chairs, technicians):
    for number in range(5):
        patient = make_patient(site)
        course = make_course(patient, protocol)
        start = at("2026-11-23", f"{8 + number:02}:00")
        make_session(course, chairs[0], technicians[0], start, updated_at=at("2026-11-10", f"10:0{number}"))
    now = at("2026-11-22", "16:00")

    looked = [outbox.plan_due_reminders(now, limit=2) for _ in range(4)]

    assert looked == [2, 2, 1, 0]
    assert OutboundMessage.objects.count() == 5


def test_two_workers_that_look_at_once_write_one_message(course, monkeypatch):
    from clinic.services.outbox import reminding

    original, inside = reminding._write, []

    def while_another_looks(*args):
        if not inside:
            inside.append(True)
            outbox.plan_due_reminders(SUNDAY)
        original(*args)

    monkeypatch.setattr(reminding, "_write", while_another_looks)
    work(SUNDAY)

    assert len(mail.outbox) == 1


def test_looking_costs_the_same_number_of_queries_for_many_patients(
    site, protocol, chairs, technicians, django_assert_max_num_queries
):
    for number in range(12):
        course = make_course(make_patient(site), protocol)
        make_session(course, chairs[0], technicians[0], at("2026-11-23", f"{7 + number:02}:00"))

    with django_assert_max_num_queries(22):
        assert outbox.plan_due_reminders(SUNDAY) == 12


def test_whom_to_look_at_is_found_by_index_and_not_by_reading_the_diary(course):
    half, before = timedelta(minutes=30), at("2026-11-01", "10:00")
    starts = [at("2027-01-01", "00:00") + half * number for number in range(1000)]
    Session.objects.bulk_create(
        Session(course=course, patient=course.patient, number=number, kind="treatment", site=course.site,
                starts_at=start, ends_at=start + half, chair_until=start + half, updated_at=before)
        for number, start in enumerate(starts, 10)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # it reads a short table as it lies, whatever its indexes

    plan = could_be_due(SUNDAY, SUNDAY - timedelta(minutes=5)).explain()

    assert "session_by_change" in plan
    assert re.search(r"clinic_reminderlook_next_at_\w+", plan)
    assert not re.search(r"Seq Scan on clinic_session|SCAN clinic_(session|reminderlook)", plan)


def test_the_work_command_reminds_by_the_database_clock(course, monkeypatch):
    monkeypatch.setattr("clinic.management.commands.work.database_clock", lambda: SUNDAY)

    call_command("work", once=True)

    assert len(mail.outbox) == 1
