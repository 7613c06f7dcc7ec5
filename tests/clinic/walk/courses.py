"""Steps with one course: booking it, moving and missing its sessions, making them up, and asking for something else."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from clinic.models import Proposal, Protocol, Session
from clinic.selectors.decisions import branches_of
from clinic.services import attendance, booking, decisions, repair
from clinic.services.protocols import install_catalogue
from scheduler import Phase
from tests.clinic.builders import make_patient

from . import ground
from .steps import BY, NO_OCCASION, Steps, Touched, one, step

MOST_COURSES = 6
HOURS = ("Mon-Fri 08:00-12:00", "Mon-Fri 08:00-18:00", "Mon-Fri 13:00-17:30")


class CourseSteps(Steps):
    """Books courses, and changes what is asked of them."""

    def asked(self, luck: Random) -> dict[str, Any]:
        """Return what somebody asks for."""
        first = self.now.date() + timedelta(days=luck.randint(1, 5))
        wish = {"time": luck.choice(["08:30", "14:00"]), "availability": luck.choice(HOURS)}
        return {"earliest_date": first.isoformat(), **wish}

    def proposed(self, luck: Random) -> Proposal:
        """Propose a course under the protocol as it is now."""
        protocol = luck.choice(list(Protocol.objects.filter(is_current=True).order_by("slug")))
        whom = {"patient": make_patient(self.site), "protocol": protocol, "site": self.site}
        return booking.propose(**whom, request=self.asked(luck), by=BY, now=self.now)

    def booked(self, proposal: Proposal, luck: Random) -> Touched:
        kind = luck.choice(proposal.plans)["kind"]
        course = booking.book(proposal=proposal, plan_kind=kind, by=BY, now=self.now)
        return self.keep(lambda: booking.undo(course=course, by=BY, now=self.now), [course])

    @property
    def has_room(self) -> bool:
        return len(ground.living_courses(self.site)) < MOST_COURSES

    @step(4)
    def book(self, luck: Random) -> Touched:
        return self.booked(self.proposed(luck), luck) if self.has_room else NO_OCCASION

    @step(2)
    def propose_a_course(self, luck: Random) -> Touched:
        self.proposed(luck)
        return []

    @step(1)
    def keep_a_plan(self, luck: Random) -> Touched:
        proposal = one(luck, Proposal.objects.filter(course=None, is_kept=False).order_by("pk"))
        if proposal is None:
            return NO_OCCASION
        booking.keep(proposal=proposal, plan_kind=luck.choice(proposal.plans)["kind"], by=BY, now=self.now)
        return []

    @step(2)
    def book_what_was_proposed(self, luck: Random) -> Touched:
        """Confirm a proposal, though it may have run out or the clinic may have changed."""
        proposal = one(luck, Proposal.objects.filter(course=None, referral=None).order_by("pk"))
        return self.booked(proposal, luck) if proposal and self.has_room else NO_OCCASION

    @step(1)
    def cancel_a_course(self, luck: Random) -> Touched:
        course = self.course(luck)
        if course is None or self.has_room:
            return NO_OCCASION
        booking.cancel_course(course=course, why="moves away", by=BY, now=self.now)
        return [course]

    @step(1)
    def revise_a_protocol(self, luck: Random) -> Touched:
        """Bring out a protocol with one session more; courses keep the version under which they were booked."""
        row = luck.choice(list(Protocol.objects.filter(is_current=True).order_by("slug")))
        recipe = next(recipe for recipe in ground.RECIPES if recipe.slug == row.slug)
        acute = Phase(name="acute", visit=ground.VISIT, sessions=5 + row.version % 3, per_week_max=5)
        install_catalogue([replace(recipe, version=row.version + 1, phases=(acute, *recipe.phases[1:]))])
        return []

    # -- sessions -----------------------------------------------------------------------------------------------------

    @step(4)
    def move_a_session(self, luck: Random) -> Touched:
        session = self.session(luck, "booked")
        if session is None:
            return NO_OCCASION
        day = max(session.starts_at, self.now).date()
        found = booking.openings(session=session, first=day, last=day + timedelta(days=4), now=self.now)
        opening = one(luck, found)
        if opening is None:
            return NO_OCCASION
        start, chair = booking.read_opening(opening.key, site=self.site)
        booking.move_session(session=session, start=start, chair=chair, by=BY, now=self.now)
        return [session.course]

    @step(3)
    def cancel_a_session(self, luck: Random) -> Touched:
        return self.noted(self.session(luck, "booked"), "cancelled")

    @step(3)
    def miss_a_session(self, luck: Random) -> Touched:
        return self.noted(self.session(luck, "booked", "arrived"), "noshow")

    def noted(self, session: Session | None, status: str) -> Touched:
        if session is None:
            return NO_OCCASION
        was = session.status
        attendance.set_status(session=session, status=status, by=BY, now=self.now)
        return self.keep(
            lambda: attendance.set_status(session=session, status=was, by=BY, now=self.now), [session.course]
        )

    @step(6)
    def make_up_a_session(self, luck: Random) -> Touched:
        session = self.session(luck, "cancelled", "noshow")
        if session is None:
            return self.miss_a_session(luck)
        way = luck.choice(repair.make_up_ways(session=session, now=self.now))
        made = repair.make_up(session=session, key=way.key, why="it is late", by=BY, now=self.now)
        return self.repaired(made, way)

    def repaired(self, made: Any, way: repair.Way) -> Touched:
        """Remember how a change is taken back; one that breaks a rule is taken back at once."""
        touched = self.keep(lambda: decisions.undo_repair(done=made, by=BY, now=self.now), [made.course])
        if not way.price:
            return touched
        done, self.latest = self.latest, None
        done.undo()
        self.done.append(f"at a price: {way.kind}")
        after = ground.rows()
        assert ground.standing(after, done.courses) == ground.standing(self.rows, done.courses)
        return touched

    @step(2)
    def end_the_day(self, luck: Random) -> Touched:
        """Let a day go by on which most people come."""
        end = (self.now + timedelta(days=1)).replace(hour=19, minute=0, second=0)
        touched = []
        for row in Session.objects.filter(status__in=["booked", "arrived"], starts_at__lt=end).order_by("starts_at"):
            came = luck.random() < 0.8
            for status in ("arrived", "checked-in", "fulfilled") if came else ("noshow",):
                attendance.set_status(session=row, status=status, by=BY, now=max(row.starts_at, self.now))
            touched.append(row.course)
        self.now = end
        return touched

    @step(4)
    def give_the_rest(self, luck: Random) -> Touched:
        """Let a patient come to each session that is left, and mostly decide that this was all."""
        course = self.course(luck)
        if course is None:
            return NO_OCCASION
        for branch in branches_of(course):
            is_asked = branch.decision or branch.phase != "extension"
            if branch.is_open and is_asked and luck.random() < 0.8:
                decisions.decline(course=course, phase=branch.phase, by=BY, now=self.now)
        rows = course.sessions.filter(status__in=["booked", "arrived"]).exclude(kind="follow-up").order_by("starts_at")
        for row in rows:
            self.now = max(row.starts_at, self.now)
            for status in ("checked-in", "fulfilled"):
                attendance.set_status(session=row, status=status, by=BY, now=self.now)
        return [course]

    @step(2)
    def wait(self, luck: Random) -> Touched:
        """Let so much time pass that proposals run out."""
        self.now += timedelta(minutes=luck.choice([4, 11, 90]))
        return NO_OCCASION

    # -- what is asked of a course ------------------------------------------------------------------------------------

    @step(2)
    def stay_away(self, luck: Random) -> Touched:
        course = self.course(luck)
        if course is None:
            return NO_OCCASION
        first = self.now.date() + timedelta(days=luck.randint(1, 9))
        away = {(first + timedelta(days=day)).isoformat() for day in range(luck.randint(1, 4))}
        return self.changed(course, {"away": sorted({*course.request.get("away", ()), *away})}, luck)

    @step(2)
    def come_at_other_hours(self, luck: Random) -> Touched:
        course = self.course(luck)
        return self.changed(course, {"availability": luck.choice(HOURS)}, luck) if course else NO_OCCASION

    @step(2)
    def skip_the_taper(self, luck: Random) -> Touched:
        course = one(luck, [found for found in ground.living_courses(self.site) if has_taper(found)])
        return self.changed(course, {"without": ["taper"]}, luck) if course else NO_OCCASION

    @step(2)
    def come_three_times_a_week(self, luck: Random) -> Touched:
        course = self.course(luck)
        return self.changed(course, {"per_week": 3}, luck) if course else NO_OCCASION

    def changed(self, course: Any, changes: dict[str, Any], luck: Random) -> Touched:
        way = luck.choice(repair.change_ways(course=course, changes=changes, now=self.now))
        made = repair.change(course=course, changes=changes, key=way.key, why="wish", by=BY, now=self.now)
        return self.repaired(made, way)

    # -- decisions ----------------------------------------------------------------------------------------------------

    def branch(self, luck: Random) -> dict[str, Any] | None:
        """Choose a course and what it may go on with."""
        courses = ground.living_courses(self.site)
        return one(
            luck,
            [
                {"course": course, "phase": branch.phase}
                for course in courses
                for branch in branches_of(course)
                if branch.is_open
            ],
        )

    @step(2)
    def hold_times_for_a_decision(self, luck: Random) -> Touched:
        found = self.branch(luck)
        if found is None:
            return NO_OCCASION
        decisions.hold(**found, sessions=self.further(found), by=BY, now=self.now)
        return []

    @step(4)
    def go_on(self, luck: Random) -> Touched:
        """Decide that a course goes on: with its conditional phase, or with more sessions."""
        found = self.branch(luck)
        if found is None:
            return NO_OCCASION
        sessions = self.further(found)
        way = decisions.preview(**found, sessions=sessions, now=self.now)
        made = decisions.agree(**found, sessions=sessions, key=way.key, why="pain eased", by=BY, now=self.now)
        return self.repaired(made, way)

    @step(2)
    def do_not_go_on(self, luck: Random) -> Touched:
        found = self.branch(luck)
        if found is None:
            return NO_OCCASION
        decisions.decline(**found, by=BY, now=self.now)
        if luck.random() < 0.5:
            decisions.reopen(**found, by=BY, now=self.now)
        return []

    def further(self, found: dict[str, Any]) -> int | None:
        return 3 if found["phase"] == "extension" else None


def has_taper(course: Any) -> bool:
    return any(phase.get("taper") for phase in course.protocol.definition["phases"])
