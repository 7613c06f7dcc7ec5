"""The rules of reminders: each yields what there is to say, whatever the moment, with the time in which it is right."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from scheduler.followups import due_follow_ups
from scheduler.protocols import VisitKind

from .diary import PatientDiary, standing
from .values import Followed, Reminder

DAY = timedelta(days=1)
SAID_FOR = timedelta(days=7)  # how long after a course has ended it is still worth saying so
WARNED_FOR = timedelta(days=30)
DAYS_TO_ACT = 2  # left to the desk before a gap is too long


def coming_week(diary: PatientDiary) -> Iterator[Reminder]:
    """Say what the next week holds, where it holds more than one day."""
    weekday = diary.rules.digest_weekday
    for first, sessions in diary.weeks().items():
        if weekday is None or len({diary.day(session) for session in sessions}) < 2:
            continue
        due_at = diary.moment(first - DAY * ((first.weekday() - weekday - 1) % 7 + 1))
        told = [session for session in sessions if not diary.is_told(session, due_at)]
        if told:
            until = min(session.when.start for session in sessions)
            key = f"week-{diary.patient}-{first}"
            yield Reminder(key=key, kind="week", due_at=due_at, until=until, sessions=tuple(sessions))


def visits_ahead(diary: PatientDiary) -> Iterator[Reminder]:
    """Say a day of visits some days before, where it could be forgotten."""
    for place, day in enumerate(diary.dates):
        before = diary.dates[place - 1] if place else None
        after = diary.dates[place + 1] if place + 1 < len(diary.dates) else None
        sessions = diary.days[day]
        starts = sessions[0].when.start
        until = starts
        for days in sorted(_days_before(diary, day, before, after)):
            due_at = diary.moment(day - DAY * days)
            if due_at < until and not all(diary.is_told(session, due_at) for session in sessions):
                key = f"visit-{diary.patient}-{day}-{days}"
                yield Reminder(key=key, kind="visit", due_at=due_at, until=until, sessions=tuple(sessions))
                until = due_at  # from then on the one nearer to the visit says it


def _days_before(diary: PatientDiary, day: date, before: date | None, after: date | None) -> set[int]:
    rules, sessions = diary.rules, diary.days[day]
    far = DAY * rules.alone_days
    told: set[int] = set()
    if (before is None or day - before >= far) and (after is None or after - day >= far):
        told |= set(rules.days_before_alone)
    for session in sessions:
        course = diary.course_of[id(session)]
        began = diary.began[course.course]
        tapers = {phase.name for phase in course.protocol.phases if phase.taper}
        told |= set(rules.days_before.get(session.kind, ()))
        told |= set(rules.days_before.get(VisitKind.ASSESSMENT, ())) if session.assessments else set()
        is_new = began is not None and began <= day < began + DAY * rules.first_days
        after_gap = before is not None and day - before > DAY * rules.gap_days
        in_taper = rules.tells_taper and session.phase in tapers
        if is_new or after_gap or in_taper or session.name in course.moved:
            told.add(1)
    return told


def follow_ups_to_book(diary: PatientDiary) -> Iterator[Reminder]:
    """Invite to each follow-up that has no date, again and again until its window closes."""
    for course in filter(is_whole, diary.courses):
        booked = {s.phase for s in course.sessions if s.takes_its_place and s.kind is VisitKind.FOLLOW_UP}
        last = diary.day(standing(course)[-1])
        for due in due_follow_ups(course.protocol, last):
            if due.name in booked:
                continue
            closes = due.due_date + DAY * due.window_days
            day = max(due.due_date - DAY * diary.rules.invites_days_before, last + DAY * 2)
            while day <= closes:
                following = day + DAY * diary.rules.invites_every_days
                yield Reminder(
                    key=f"follow-up-{course.course}-{due.name}-{day}",
                    kind="follow-up",
                    due_at=diary.moment(day),
                    until=diary.moment(min(following, closes + DAY), 0),
                    course=course.course,
                    follow_up=due.name,
                )
                day = following


def courses_finished(diary: PatientDiary) -> Iterator[Reminder]:
    """Say that a course is over, on the day of its last session or when that was noted."""
    for course in (course for course in diary.courses if course.is_over and standing(course)):
        last = standing(course)[-1]
        yield Reminder(
            key=f"finished-{course.course}",
            kind="finished",
            due_at=max(last.when.end, diary.moment(diary.day(last))),
            until=last.when.end + SAID_FOR,
            course=course.course,
        )


def gaps_grow(diary: PatientDiary) -> Iterator[Reminder]:
    """Warn the desk before the time since a session grows longer than the protocol allows before the next."""
    for course in diary.courses:
        longest = {phase.name: phase.max_days_between for phase in course.protocol.phases}
        sessions = standing(course)
        for before, after in zip(sessions, [*sessions[1:], None], strict=False):
            if after is None and is_whole(course):
                continue
            last, allowed = diary.day(before), longest.get((after or before).phase, 7)
            due_at = diary.moment(last + DAY * max(1, allowed - DAYS_TO_ACT), diary.rules.opens)
            if after is None or diary.day(after) > last + DAY * allowed:
                until = after.when.start if after else due_at + WARNED_FOR
                key = f"gap-{course.course}-{last}"
                yield Reminder(key=key, kind="gap", due_at=due_at, until=until, course=course.course)


def is_whole(course: Followed) -> bool:
    """Tell whether a course has all the sessions that it will ever have."""
    given = len(standing(course))
    return given > 0 and (course.is_over or given >= course.expected)


RULES: tuple[Callable[[PatientDiary], Iterator[Reminder]], ...] = (
    coming_week,
    visits_ahead,
    courses_finished,
    follow_ups_to_book,
    gaps_grow,
)
