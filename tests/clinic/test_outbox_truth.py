"""Whatever happens to a course and to the workers, what the patient was told in the end is how it is."""

import contextlib
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import OutboundMessage
from clinic.models.courses import CourseStatus, SessionStatus
from clinic.notifications import channels
from clinic.services import attendance, booking, letters, outbox
from clinic.services.audit import Actor
from clinic.services.booking import NotPossible

from .builders import at, make_course_of_three, make_patient
from .lines import FakeLine

pytestmark = pytest.mark.django_db
BEGIN = at("2026-11-16", "09:00")
DESK = Actor.of_command("desk")
OUTCOMES = ["arrives", "is refused", "arrives and the worker dies", "worker dies"]
moves = st.tuples(st.just("move"), st.integers(1, 3), st.integers(1, 9))
waits = st.tuples(st.just("wait"), st.integers(1, 400), st.just(0))
moments = st.tuples(st.just("wait"), st.integers(1, 3), st.just(0))
works = st.tuples(st.just("work"), st.sampled_from(OUTCOMES), st.just(0))
cancels = st.tuples(st.just("cancel one"), st.integers(1, 3), st.just(0))
regrets = st.tuples(st.just("take back"), st.integers(1, 3), st.just(0))
make_ups = st.tuples(st.just("make up"), st.integers(1, 3), st.integers(1, 9))
whole = st.tuples(st.just("cancel all"), st.just(0), st.just(0))
steps = st.one_of(moves, moves, waits, moments, works, cancels, cancels, regrets, make_ups, whole)


class WorkerDies(BaseException):
    """What a killed process does: nothing more."""


class Patient:
    """Somebody who comes at the times that the messages said, and at no other."""

    def __init__(self, course):
        self.course, self.outcome = course, "arrives"
        self.comes: set[datetime] = set()

    def receive(self, letter):
        if self.outcome == "worker dies":
            raise WorkerDies
        if self.outcome == "is refused":
            raise channels.NotDelivered("The mail server answered 451.")
        message = OutboundMessage.objects.get(pk=int(letter.key.removeprefix("message-")))
        facts = letters.facts_of(message, self.now)
        if message.template == "booked":
            self.comes = set(standing(self.course))
        elif message.template == "cancelled":
            self.comes = {start for start in self.comes if start < facts["first"]}
        else:
            self.comes -= {was for was, _ in facts["changes"]}
            self.comes |= {start for _, start in facts["changes"]} - {None}
        if self.outcome == "arrives and the worker dies":
            raise WorkerDies
        return ""

    def work(self, now, outcome="arrives"):
        self.now, self.outcome = now, outcome
        with contextlib.suppress(WorkerDies):
            outbox.deliver_due(now)


def standing(course):
    return course.sessions.filter(status=SessionStatus.BOOKED).values_list("starts_at", flat=True)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(is_told=st.booleans(), steps=st.lists(steps, max_size=14))
def test_the_patient_comes_to_every_visit_that_stands_and_to_no_other(
    is_told, steps, protocol, chairs, technicians, site, monkeypatch
):
    with transaction.atomic():
        course = make_course_of_three(make_patient(site), protocol, chairs[0], technicians[0])
        live_through(course, [("wait", 4, 0), ("work", "arrives", 0)] * is_told + steps, monkeypatch)
        transaction.set_rollback(True)


def live_through(course, steps, monkeypatch):
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

    assert {start for start in patient.comes if start > now} == {start for start in standing(course) if start > now}


def change(course, step, number, hour, now):
    """Change a course as the services do, and by them where that is quick."""
    sessions = course.sessions.select_related("course__patient", "site").filter(number=number).order_by("pk")
    session = sessions.last()
    if step == "move" and session.status == SessionStatus.BOOKED:
        was: datetime = session.starts_at
        stand_at(session, was.replace(hour=8 + hour, minute=5 * session.number))
        session.save()
        outbox.plan_move_message(session=session, was=was, now=now)
    elif step == "cancel one" and session.status == SessionStatus.BOOKED:
        attendance.set_status(session=session, status=SessionStatus.CANCELLED, by=DESK, now=now)
    elif step == "take back" and session.status == SessionStatus.CANCELLED:
        with contextlib.suppress(NotPossible):
            attendance.set_status(session=session, status=SessionStatus.BOOKED, by=DESK, now=now)
    elif step == "make up" and session.status == SessionStatus.CANCELLED:
        session.pk, session.uid, session.status, session._state.adding = None, uuid4(), SessionStatus.BOOKED, True
        stand_at(session, (session.starts_at + timedelta(days=7)).replace(hour=8 + hour, minute=5 * number))
        session.save()
        outbox.plan_change_message(course=course, changes=[(session, None)], now=now)
    elif step == "cancel all":
        booking.cancel_course(course=course, why="", by=DESK, now=now)
        course.refresh_from_db()


def stand_at(session, start):
    session.starts_at, session.ends_at = start, start + timedelta(minutes=30)
    session.chair_until, session.version = session.ends_at, session.version + 1
