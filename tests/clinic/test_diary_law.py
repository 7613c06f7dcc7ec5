"""The law of the diary: whatever people do to it and in whatever order, it stays right after every step.

Each walk does random things to a small clinic through the services that the doors use. HYPOTHESIS_PROFILE=thorough
makes the walks many and long.
"""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from clinic.models import Course, Disruption, Occupancy, Referral, Replan, Session
from clinic.models.courses import CourseStatus, SessionStatus
from clinic.planning import FREES_ITS_PLACE
from clinic.selectors.decisions import branches_of
from clinic.selectors.disruptions import affected
from clinic.services import attendance, booking, decisions, diary_check, disruption, occupancy, repair, waiting_list
from clinic.services.audit import Actor
from clinic.services.repair import NoWay, WayLost
from scheduler import Phase, Visit, VisitKind

from .builders import NOW, make_chair, make_patient, make_prescriber, make_protocol, make_recipe, make_site
from .builders import make_technician as make_operator

WALKS, STEPS = (40, 60) if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else (6, 25)
BY = Actor.of_command("test")
A_MOMENT = timedelta(seconds=20)
ENOUGH_COURSES, MOST_COURSES = 4, 6
VOID = SessionStatus.ENTERED_IN_ERROR
REFUSALS = (
    booking.NotPossible,
    booking.NothingToBook,
    booking.ProposalOutdated,
    booking.SessionDoesNotFit,
    NoWay,
    WayLost,
)
Touched = Iterable[Course]


def make_small_clinic():
    """Make two chairs with their people, and a protocol that some go on with: little room, so that steps collide."""
    site = make_site()
    chairs = [make_chair(site) for _ in range(2)]
    people = [make_operator(site) for _ in range(2)]
    make_prescriber(site)
    visit = Visit(minutes=30, turnaround_minutes=5)
    weekly = Phase(
        name="weekly",
        visit=visit,
        sessions=2,
        per_week_max=1,
        min_days_between=5,
        max_days_between=10,
        condition="if pain eased",
    )
    daily = Phase(name="acute", visit=visit, sessions=6, per_week_max=5)
    return site, chairs, people, make_protocol(make_recipe(slug="responders", phases=(daily, weekly)))


def snapshot() -> dict[str, Any]:
    """Return every session that is not void, apart from how often it was changed, and every cell."""
    rows = {
        row.pop("id"): {name: value for name, value in row.items() if name not in ("version", "updated_at")}
        for row in Session.objects.exclude(status=VOID).values()
    }
    return {"sessions": rows, "cells": sorted(Occupancy.objects.values_list("resource", "lane", "cell", "session"))}


def by_course() -> dict[int, list[dict[str, Any]]]:
    """Return the sessions of each course exactly as they are kept."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in Session.objects.order_by("pk").values():
        found.setdefault(row["course_id"], []).append(row)
    return found


class Walk:
    """Does one random thing after another to a clinic, and knows what can be taken back."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.site, self.chairs, self.people, self.protocol = make_small_clinic()
        self.now = NOW
        self.log: list[str] = []
        self.done: Counter[str] = Counter()
        self.undoable: list[tuple[dict[str, Any], Callable[[], Any], list[Course]]] = []
        self.steps = {
            self.book: 4,
            self.cancel: 1,
            self.move: 4,
            self.miss: 4,
            self.make_up: 5,
            self.hold: 2,
            self.agree: 3,
            self.decline: 1,
            self.report: 3,
            self.propose: 4,
            self.carry_out: 9,
            self.withdraw: 1,
            self.refer: 3,
            self.offer: 2,
            self.accept: 8,
            self.take_back: 8,
            self.end_the_day: 1,
        }

    def step(self) -> None:
        """Do one thing; whoever is refused changes nothing, and nobody else's course is touched."""
        self.now += A_MOMENT
        before, rows = snapshot(), by_course()
        try:
            touched = self.anything()
        except REFUSALS as refusal:
            self.log.append(f"    refused: {type(refusal).__name__} {refusal}")
            assert snapshot() == before
            return
        self.done[self.log[-1].split()[-1]] += 1
        own, after = {course.pk for course in touched}, by_course()
        assert {pk: kept for pk, kept in after.items() if pk not in own} == {
            pk: kept for pk, kept in rows.items() if pk not in own
        }

    def anything(self) -> Touched:
        """Do something that there is occasion for, and return the courses that it is about."""
        touched = None
        while touched is None:
            do = self.random.choices([*self.steps], [*self.steps.values()])[0]
            self.log.append(f"{self.now:%d %b %H:%M:%S} {do.__name__}")
            touched = do()
        return touched

    def judge(self) -> None:
        """Insist on what must hold between any two steps."""
        hit = [row for what in Disruption.objects.exclude(state="withdrawn") for row in affected(what, self.now)]
        known = {diary_check._where(row) for row in hit}
        found = diary_check.broken_rules(self.site, now=self.now)
        assert [str(finding) for finding in found if finding.where not in known] == []
        assert diary_check.wrong_cells(now=self.now) == ()
        standing = Session.objects.exclude(status__in=FREES_ITS_PLACE)
        implied = sorted((*cell, row.pk) for row in standing for cell in occupancy.cells(row))
        assert sorted(Occupancy.objects.values_list("resource", "lane", "cell", "session")) == implied
        for course in self.courses():
            assert_has_all_its_sessions(course)

    # -- what is there ------------------------------------------------------------------------------------------------

    def courses(self) -> list[Course]:
        rows = Course.objects.select_related("patient__site", "protocol", "site").exclude(status=CourseStatus.REVOKED)
        return list(rows.order_by("pk"))

    def one(self, things: Iterable[Any]) -> Any:
        things = list(things)
        return self.random.choice(things) if things else None

    def session(self, *statuses: str) -> Session | None:
        rows = Session.objects.filter(course__in=self.courses(), status__in=statuses).order_by("pk")
        return self.one(
            rows.select_related("course__patient__site", "course__protocol", "course__site", "site", "patient")
        )

    def keep(self, before: dict[str, Any], undo: Callable[[], Any], courses: Touched) -> list[Course]:
        self.undoable.append((before, undo, list(courses)))
        return list(courses)

    # -- courses ------------------------------------------------------------------------------------------------------

    def wishes(self) -> dict[str, Any]:
        first = self.now.date() + timedelta(days=self.random.randint(1, 5))
        hours = self.random.choice(["Mon-Fri 08:00-12:00", "Mon-Fri 08:00-18:00", "Mon-Fri 13:00-17:30"])
        return {
            "earliest_date": first.isoformat(),
            "time": self.random.choice(["08:30", "14:00"]),
            "availability": hours,
        }

    def book(self) -> Touched | None:
        if len(self.courses()) >= MOST_COURSES:
            return None
        before = snapshot()
        whom = {"patient": make_patient(self.site), "protocol": self.protocol, "site": self.site}
        offer = booking.propose(**whom, request=self.wishes(), by=BY, now=self.now)
        course = booking.book(proposal=offer, plan_kind=self.one(offer.plans)["kind"], by=BY, now=self.now)
        return self.keep(before, lambda: booking.undo(course=course, by=BY, now=self.now), [course])

    def cancel(self) -> Touched | None:
        if len(self.courses()) < ENOUGH_COURSES:
            return None
        course = self.one(self.courses())
        booking.cancel_course(course=course, why="moves away", by=BY, now=self.now)
        self.undoable.clear()
        return [course]

    def move(self) -> Touched | None:
        session = self.session("booked")
        if session is None:
            return None
        day = max(session.starts_at, self.now).date()
        found = booking.openings(session=session, first=day, last=day + timedelta(days=4), now=self.now)
        opening = self.one(found)
        if opening is None:
            return None
        start, chair = booking.read_opening(opening.key, site=self.site)
        booking.move_session(session=session, start=start, chair=chair, by=BY, now=self.now)
        self.undoable.clear()
        return [session.course]

    # -- what becomes of sessions -------------------------------------------------------------------------------------

    def miss(self) -> Touched | None:
        session = self.session("booked")
        if session is None:
            return None
        before = snapshot()
        attendance.set_status(session=session, status=self.one(["cancelled", "noshow"]), by=BY, now=self.now)
        return self.keep(
            before,
            lambda: attendance.set_status(session=session, status="booked", by=BY, now=self.now),
            [session.course],
        )

    def make_up(self) -> Touched | None:
        session = self.session("cancelled", "noshow")
        if session is None:
            return None
        before = snapshot()
        way = self.one(repair.make_up_ways(session=session, now=self.now))
        made = repair.make_up(session=session, key=way.key, by=BY, now=self.now)
        return self.keep(before, lambda: decisions.undo_repair(done=made, by=BY, now=self.now), [session.course])

    def end_the_day(self) -> Touched | None:
        """Let a day go by on which most people come."""
        end = (self.now + timedelta(days=1)).replace(hour=19, minute=0, second=0)
        touched = []
        for row in Session.objects.filter(status="booked", starts_at__lt=end).order_by("starts_at", "pk"):
            came = self.random.random() < 0.8
            for status in ("arrived", "checked-in", "fulfilled") if came else ("noshow",):
                attendance.set_status(session=row, status=status, by=BY, now=row.starts_at)
            touched.append(row.course)
        self.now = end
        self.undoable.clear()
        return touched

    # -- decisions ----------------------------------------------------------------------------------------------------

    def branch(self) -> tuple[Course, str] | None:
        return self.one(
            (course, branch.phase) for course in self.courses() for branch in branches_of(course) if branch.is_open
        )

    def hold(self) -> Touched | None:
        if found := self.branch():
            decisions.hold(course=found[0], phase=found[1], sessions=None, by=BY, now=self.now)
            return []
        return None

    def agree(self) -> Touched | None:
        found = self.branch()
        if found is None:
            return None
        before = snapshot()
        sessions = 2 if found[1] == "extension" else None
        made = decisions.agree(course=found[0], phase=found[1], sessions=sessions, by=BY, now=self.now)
        return self.keep(before, lambda: decisions.undo_repair(done=made, by=BY, now=self.now), [found[0]])

    def decline(self) -> Touched | None:
        if found := self.branch():
            decisions.decline(course=found[0], phase=found[1], by=BY, now=self.now)
            return []
        return None

    # -- disruptions --------------------------------------------------------------------------------------------------

    def report(self) -> Touched | None:
        if Disruption.objects.filter(state="open").count() > 1:
            return None
        hit = self.session("booked")
        if hit is None or hit.starts_at <= self.now:
            return None
        start = max(self.now, hit.starts_at.replace(hour=0, minute=0))
        kind = self.one(["chair", "technician", "site", "hours"])
        more = {
            "chair": {"chair": str(hit.chair.uid) if hit.chair else ""},
            "technician": {"technician": str(hit.technician.uid) if hit.technician else ""},
            "site": {},
            "hours": {"opens": "11:00", "closes": "16:00"},
        }[kind]
        if "" in more.values():
            return None
        data = {"kind": kind, "from": start, "until": start + timedelta(hours=self.random.choice([12, 24, 48])), **more}
        happening = disruption.read_happening(data, site=self.site, now=self.now)
        disruption.report(happening=happening, by=BY, now=self.now)
        return []

    def propose(self) -> Touched | None:
        what = self.one(Disruption.objects.filter(state__in=["open", "undone"]).order_by("pk"))
        if what is None:
            return None
        strategy = self.one(["fewest-calls", "same-day", "usual-time"])
        replan = disruption.propose_replan(disruption=what, strategy=strategy, by=BY, now=self.now)
        assert replan.bounds.get("people_bound", 0) <= replan.bounds["people"]
        assert replan.bounds.get("sessions_bound", 0) <= replan.bounds["sessions"]
        return []

    def carry_out(self) -> Touched | None:
        """Do a replan for all its courses or for one, though the diary may have moved on since it was made."""
        replan = self.one(Replan.objects.filter(state="proposed", changes__isnull=False).distinct().order_by("pk"))
        if replan is None:
            return None
        before = snapshot()
        named = list(Course.objects.filter(pk__in=replan.changes.values("course")).order_by("pk"))
        only = self.one([None, [self.one(named).uid]])
        result = disruption.apply_courses(replan=replan, courses=only, by=BY, now=self.now)
        if result.refused:
            refused = [course for course in named if course.uid in result.refused]
            disruption.renew(replan=replan, courses=refused, by=BY, now=self.now)
        if not result.sessions:
            return []
        moved = [course for course in named if course.uid not in result.refused and (not only or course.uid in only)]
        return self.keep(before, lambda: disruption.undo(replan=replan, by=BY, now=self.now), moved)

    def withdraw(self) -> Touched | None:
        what = self.one(Disruption.objects.exclude(state="withdrawn").order_by("pk"))
        if what is None:
            return None
        disruption.withdraw(disruption=what, by=BY, now=self.now)
        return []

    # -- the waiting list ---------------------------------------------------------------------------------------------

    def refer(self) -> Touched:
        whom = {"patient": make_patient(self.site), "protocol": self.protocol, "site": self.site}
        waiting_list.refer(**whom, request=self.wishes(), by=BY, now=self.now)
        return []

    def offer(self) -> Touched | None:
        if len(self.courses()) >= MOST_COURSES:
            return None
        waiting_list.offer(site=self.site, by=BY, now=self.now)
        return []

    def accept(self) -> Touched | None:
        referral = self.one(Referral.objects.standing(self.now).filter(state="offered").order_by("pk"))
        if referral is None:
            return None
        before = snapshot()
        course = waiting_list.accept(referral=referral, by=BY, now=self.now)
        return self.keep(before, lambda: booking.undo(course=course, by=BY, now=self.now), [course])

    # -- taking back --------------------------------------------------------------------------------------------------

    def take_back(self) -> Touched | None:
        """Undo what was done last: the diary is then exactly as it was before."""
        if not self.undoable:
            return None
        before, undo, courses = self.undoable.pop()
        undo()
        assert snapshot() == before
        return courses


def assert_has_all_its_sessions(course: Course) -> None:
    """Insist that each session of the protocol stands once, or waits to be made up."""
    definition = course.protocol.definition
    phases = [phase for phase in definition["phases"] if not phase.get("condition")]
    phases += [phase for phase in definition["phases"] if phase["name"] in course.request.get("phases", ())]
    wanted = sum(phase["sessions"] for phase in phases) + course.request.get("extension", 0)
    rows = list(course.sessions.exclude(kind=VisitKind.FOLLOW_UP.value).exclude(status=VOID))
    stand = [row.number for row in rows if row.status not in FREES_ITS_PLACE]
    missed = {row.number for row in rows} - set(stand)
    assert sorted([*stand, *missed]) == list(range(1, wanted + 1))


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(WALKS))
def test_the_diary_stays_right_whatever_is_done_to_it(seed):
    walk = Walk(seed)
    try:
        for _ in range(3):
            walk.book()
        for _ in range(STEPS):
            walk.step()
            walk.judge()
    except Exception as problem:
        problem.add_note("\n".join(walk.log))
        raise
    assert len(walk.done) > 5
