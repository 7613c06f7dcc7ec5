"""Whatever happens to a course and to the workers, what the patient was told in the end is how it is."""

import contextlib
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import OutboundMessage
from clinic.models.courses import CourseStatus, SessionStatus
from clinic.notifications import channels
from clinic.services import letters, outbox

from .builders import at, make_course_of_three, make_patient
from .lines import FakeLine

pytestmark = pytest.mark.django_db
BEGIN = at("2026-11-16", "09:00")
OUTCOMES = ["arrives", "is refused", "arrives and the worker dies", "worker dies"]
moves = st.tuples(st.just("move"), st.integers(1, 3), st.integers(1, 9))
waits = st.tuples(st.just("wait"), st.integers(1, 400), st.just(0))
works = st.tuples(st.just("work"), st.sampled_from(OUTCOMES), st.just(0))
cancels = st.tuples(st.just("cancel one"), st.integers(1, 3), st.just(0))
whole = st.tuples(st.just("cancel all"), st.just(0), st.just(0))


class WorkerDies(BaseException):
    """What a killed process does: nothing more."""


class Patient:
    """Somebody who believes what the last message about each visit said."""

    def __init__(self, course):
        self.course, self.outcome = course, "arrives"
        self.believes, self.off, self.knows = {}, False, False

    def receive(self, letter):
        if self.outcome == "worker dies":
            raise WorkerDies
        if self.outcome == "is refused":
            raise channels.NotDelivered("The mail server answered 451.")
        message = OutboundMessage.objects.get(pk=int(letter.key.removeprefix("message-")))
        facts = letters.facts_of(message, self.now)
        if message.template == "booked":
            self.believes = {s.pk: s.starts_at for s in self.course.sessions.filter(status=SessionStatus.BOOKED)}
            self.knows = True
        elif message.template == "moved":
            for _, start in facts["changes"]:
                self.believes[self.course.sessions.get(starts_at=start).pk] = start
        elif message.template == "cancelled":
            self.off = True
        if self.outcome == "arrives and the worker dies":
            raise WorkerDies
        return ""

    def work(self, now, outcome="arrives"):
        self.now, self.outcome = now, outcome
        with contextlib.suppress(WorkerDies):
            outbox.deliver_due(now)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(is_told=st.booleans(), steps=st.lists(st.one_of(moves, moves, moves, waits, works, cancels, whole), max_size=14))
def test_the_last_thing_a_patient_hears_is_the_truth(is_told, steps, protocol, chairs, technicians, site, monkeypatch):
    with transaction.atomic():
        course = make_course_of_three(make_patient(site), protocol, chairs[0], technicians[0])
        live_through(course, [("wait", 4, 0), ("work", "arrives", 0)] * is_told + steps, monkeypatch)
        transaction.set_rollback(True)


def live_through(course, steps, monkeypatch):
    course.sessions.all().update(chair_until=at("2027-01-01", "00:00"), ends_at=at("2027-01-01", "00:00"))
    outbox.plan_course_messages(course=course, now=BEGIN)
    patient, now = Patient(course), BEGIN
    monkeypatch.setitem(channels.LINES, "email", lambda: FakeLine(patient.receive))
    for step, what, how in steps:
        if step == "wait":
            now += timedelta(minutes=what)
        elif step == "work":
            patient.work(now, what)
        elif course.status == CourseStatus.ACTIVE:
            change(course, step, what, how, now)

    while OutboundMessage.objects.filter(status__in=["due", "sending"]).exists():
        now += timedelta(hours=9)
        patient.work(now)

    if course.status == CourseStatus.REVOKED:
        assert patient.off or not patient.knows
    else:
        standing = course.sessions.filter(status=SessionStatus.BOOKED, starts_at__gt=now)
        assert [patient.believes.get(s.pk) for s in standing] == [s.starts_at for s in standing]


def change(course, step, number, hour, now):
    """Change a course as the services do, and write what is to be told of it."""
    session = course.sessions.get(number=number) if number else None
    if step == "move" and session.status == SessionStatus.BOOKED:
        was: datetime = session.starts_at
        session.starts_at = was.replace(hour=8 + hour, minute=5 * session.number)
        session.version += 1
        session.save()
        session.course = course
        outbox.plan_move_message(session=session, was=was, now=now)
    elif step == "cancel one":
        course.sessions.filter(pk=session.pk).update(status=SessionStatus.CANCELLED)
    elif step == "cancel all":
        waiting = list(course.sessions.filter(status=SessionStatus.BOOKED))
        course.status = CourseStatus.REVOKED
        course.save()
        course.sessions.filter(pk__in=[s.pk for s in waiting]).update(status=SessionStatus.CANCELLED)
        outbox.withdraw(course)
        outbox.plan_cancel_message(course=course, sessions=waiting, now=now)
