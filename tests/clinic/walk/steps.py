"""What all steps have in common: the clinic, the clock, what may be refused, and taking things back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar

from django.db import transaction
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from clinic.models import Course, Session
from clinic.services import booking
from clinic.services.audit import Actor
from clinic.services.repair import NoWay, WayLost

from . import ground

BY = Actor.of_command("test")
A_MOMENT = timedelta(seconds=20)
AT_ONCE = 0.3  # how often a step is taken back straight away
# Luck is drawn before a step looks at the diary, so that a walk can be repeated and made shorter.
LUCK = st.integers(0, 2**32 - 1).map(Random)
REFUSALS = (
    booking.InvalidRequest,
    booking.NotPossible,
    booking.NothingToBook,
    booking.ProposalOutdated,
    booking.SessionDoesNotFit,
    NoWay,
    WayLost,
)
NO_OCCASION = None
Touched = list[Course] | None
Step = Callable[[Any, Random], Touched]


def step(weight: int) -> Callable[[Step], Step]:
    """Make a step of the walk of a method that returns the courses it is about, or that there was NO_OCCASION."""

    def weighed(do: Step) -> Step:
        do.weight = weight
        return do

    return weighed


@dataclass
class Done:
    """Hold something that was done, how it is taken back, and how its courses stood before."""

    before: ground.Rows
    requests: dict[int, Any]
    undo: Callable[[], Any]
    courses: set[int]
    replan: int | None = None


class Steps(RuleBasedStateMachine):
    """Does one thing after another to a clinic of its own, and judges the diary after each."""

    begins: ClassVar[datetime]

    def __init__(self) -> None:
        super().__init__()
        self.clinic = transaction.atomic()
        self.clinic.__enter__()
        self.now = self.begins
        self.site = ground.make_small_clinic()
        self.rows, self.requests = ground.rows(), requests_now()
        self.undoable: list[Done] = []
        self.latest: Done | None = None  # what the step under way has done, if it can be taken back
        self.done: list[str] = []

    def teardown(self) -> None:
        """Leave nothing of the clinic behind."""
        transaction.set_rollback(True)
        self.clinic.__exit__(None, None, None)

    def walk(self, do: Callable[[Random], Touched], luck: Random) -> None:
        """Do one thing; whoever is refused changes nothing, and nobody else's course is touched."""
        self.now += A_MOMENT
        self.latest = None
        try:
            touched = do(luck)
        except REFUSALS as refusal:
            note(f"{do.__name__} was refused: {type(refusal).__name__} {refusal}")
            assert ground.rows() == self.rows
            return
        if touched is NO_OCCASION:
            return
        self.done.append(do.__name__)
        self.settle({course.pk for course in touched})
        if self.latest:
            self.undoable.append(self.latest)
            if luck.random() < AT_ONCE:
                self.now += A_MOMENT
                self.take_back(self.latest)

    def settle(self, touched: set[int]) -> None:
        """Judge the diary after a step that was about some courses."""
        before, self.rows = self.rows, ground.rows()
        self.requests = requests_now()
        others = (before.keys() | self.rows.keys()) - touched
        assert {course: self.rows.get(course) for course in others} == {course: before.get(course) for course in others}
        # What was done to a course is not taken back once something else was done to it.
        self.undoable = [done for done in self.undoable if not done.courses & touched]
        ground.assert_laws(self.site, self.now)

    def keep(self, undo: Callable[[], Any], courses: list[Course]) -> list[Course]:
        """Remember how something just done is taken back; return the courses that it was about."""
        keys = {course.pk for course in courses}
        self.latest = Done(before=self.rows, requests=self.requests, undo=undo, courses=keys)
        return courses

    def take_back(self, done: Done) -> None:
        """Undo something: its courses stand exactly as they stood before, row for row."""
        self.undoable.remove(done)
        try:
            done.undo()
        except REFUSALS as refusal:
            note(f"to undo was refused: {type(refusal).__name__} {refusal}")
            assert ground.rows() == self.rows
            return
        self.done.append("undo")
        self.settle(done.courses)
        assert ground.standing(self.rows, done.courses) == ground.standing(done.before, done.courses)
        for course in done.courses & done.requests.keys():  # others were booked by what was undone
            assert self.requests[course] == done.requests[course]

    @step(6)
    def undo_something(self, luck: Random) -> Touched:
        """Undo what was done last, or before that."""
        if self.undoable:
            self.take_back(luck.choice(self.undoable))
        return NO_OCCASION

    # -- what is there ------------------------------------------------------------------------------------------------

    def course(self, luck: Random) -> Course | None:
        """Choose a course."""
        return one(luck, ground.living_courses(self.site))

    def session(self, luck: Random, *statuses: str, course: Course | None = None) -> Session | None:
        """Choose a session of a course that was not cancelled."""
        courses = [course] if course else ground.living_courses(self.site)
        found = Session.objects.filter(course__in=courses, status__in=statuses).order_by("pk")
        related = ("course__patient__site", "course__protocol", "course__site", "site", "patient", "chair")
        return one(luck, found.select_related(*related, "technician", "prescriber"))


def one(luck: Random, things: Iterable[Any]) -> Any:
    """Choose one thing, or None where there is none."""
    things = list(things)
    return luck.choice(things) if things else None


def requests_now() -> dict[int, Any]:
    """Return what is asked of each course."""
    return dict(Course.objects.values_list("pk", "request"))
