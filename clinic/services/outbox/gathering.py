"""What is known about patients when somebody looks what is due: read at once for many, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import scheduler
from clinic import planning
from clinic.models import ContactWishes, Course, DeskTask, MessageRules, OutboundMessage, ReminderLook, Session
from clinic.models.contacts import TaskKind
from clinic.models.courses import LIVING, CourseStatus
from clinic.models.messages import MessageStatus

from .changing import CHANGES
from .rules import read_rules

LOOKS_BACK = timedelta(days=400)  # the last follow-up comes half a year after a course of some months
WEEK = timedelta(days=7)
KINDS = ("week", "visit", "follow-up", "finished")
SCHEDULES = ("booked", "changed")  # they name the next visit and how many are to come
ON_THEIR_WAY = (MessageStatus.DUE, MessageStatus.SENDING)
# Wishes do not matter here, and reading them would ask the database anew for each course.
NO_WISHES: dict[str, Any] = {"chair": None, "technician": None, "fixed": []}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Hold what is read about some patients, each under the patient; `rules` under the site."""

    courses: Mapping[int, list[scheduler.Followed]]
    keys: Mapping[int, set[str]]
    sent: Mapping[int, list[datetime]]
    looks: Mapping[int, datetime]
    wishes: Mapping[int, ContactWishes]
    rules: Mapping[int, scheduler.ReminderRules]


def gather(pks: Sequence[int], now: datetime) -> Known:
    """Read what there is to know about patients."""
    messages = list(OutboundMessage.objects.filter(patient__in=pks).order_by("pk"))
    keys: dict[int, set[str]] = defaultdict(set)
    sent: dict[int, list[datetime]] = defaultdict(list)
    for message in messages:
        if message.template in KINDS:
            keys[message.patient_id].add(message.key)
        if message.status == MessageStatus.SENT and message.sent_at and message.sent_at > now - WEEK:
            sent[message.patient_id].append(message.sent_at)
        if message.status in ON_THEIR_WAY:
            sent[message.patient_id].append(now)
    for patient, key in DeskTask.objects.filter(patient__in=pks, kind=TaskKind.GAP).values_list("patient", "key"):
        keys[patient].add(key)
    return Known(
        courses=_courses(pks, messages, now),
        keys=keys,
        sent=sent,
        looks=dict(ReminderLook.objects.filter(patient__in=pks).values_list("patient", "looked_at")),
        wishes={row.patient_id: row for row in ContactWishes.objects.filter(patient__in=pks)},
        rules={row.site_id: read_rules(row.rules) for row in MessageRules.objects.all()},
    )


def _courses(
    pks: Sequence[int], messages: Iterable[OutboundMessage], now: datetime
) -> Mapping[int, list[scheduler.Followed]]:
    told: dict[int, datetime] = {}
    moved: dict[int, set[str]] = defaultdict(set)
    for message in messages:
        when = message.sent_at if message.status == MessageStatus.SENT else message.due_at
        is_said = message.status == MessageStatus.SENT or message.status in ON_THEIR_WAY
        if message.template in SCHEDULES and is_said and when:
            told[message.course_id or 0] = max(when, told.get(message.course_id or 0, when))
        if message.template in CHANGES:
            moved[message.course_id or 0] |= {pk for pk, was in message.data.get("moves", {}).items() if was}
    rows: dict[int, list[Session]] = defaultdict(list)
    for row in Session.objects.filter(patient__in=pks, starts_at__gt=now - LOOKS_BACK).order_by("starts_at", "pk"):
        rows[row.course_id].append(row)
    courses = Course.objects.filter(status__in=LIVING, pk__in=rows).select_related("patient", "protocol", "site")
    found: dict[int, list[scheduler.Followed]] = defaultdict(list)
    for course in courses.order_by("pk"):
        known = _followed(course, rows[course.pk], moved[course.pk], told.get(course.pk))
        if known:
            found[course.patient_id].append(known)
    return found


def _followed(
    course: Course, rows: Iterable[Session], moved: set[str], told_at: datetime | None
) -> scheduler.Followed | None:
    """Read a course; None when what was asked of it cannot be read any more."""
    asked = course.request | NO_WISHES
    try:
        request = planning.request_value(
            asked, patient=course.patient, protocol=course.protocol, site=course.site, course=str(course.pk)
        )
    except planning.InvalidRequest:
        return None
    return scheduler.Followed(
        course=str(course.pk),
        protocol=request.protocol,
        sessions=tuple(_session(row) for row in rows),
        expected=request.sessions,
        is_over=course.status == CourseStatus.COMPLETED,
        moved=frozenset(row.name for row in rows if str(row.pk) in moved),
        told_at=told_at,
    )


def _session(row: Session) -> scheduler.Session:
    """Read of a session what reminders need; its row is what a message will be about."""
    return scheduler.Session(
        number=row.number,
        when=scheduler.Interval(row.starts_at, row.ends_at),
        kind=scheduler.VisitKind(row.kind),
        phase=row.phase,
        site=planning.site_id(row.site_id),
        course=str(row.pk),
        status=row.status,
        assessments=tuple(row.assessments),
    )
