"""Steps with disruptions: reporting them, proposing how to set courses right, doing it whole or in part."""

from datetime import timedelta
from random import Random
from typing import Any

from clinic.models import Course, Disruption, Replan, Session
from clinic.services import disruption

from .steps import BY, NO_OCCASION, Steps, Touched, one, step

STRATEGIES = ("fewest-calls", "same-day", "usual-time")
MOST_OPEN = 3


class DisruptionSteps(Steps):
    """Closes chairs and the clinic, sends people away, and replans."""

    @step(2)
    def report_a_disruption(self, luck: Random) -> Touched:
        hit = self.session(luck, "booked")
        kind = luck.choice(["chair", "technician", "prescriber", "site", "hours"])
        running = Disruption.objects.exclude(state="withdrawn").filter(ends_at__gt=self.now)
        which = hit and self.what(kind, hit)
        if which is None or hit.starts_at <= self.now or running.count() >= MOST_OPEN:
            return NO_OCCASION
        start = max(self.now, hit.starts_at.replace(hour=0, minute=0))
        end = start + timedelta(hours=luck.choice([12, 24, 48]))
        data = {"kind": kind, "from": start, "until": end, **which}
        disruption.report(happening=disruption.read_happening(data, site=self.site, now=self.now), by=BY, now=self.now)
        return []

    def what(self, kind: str, hit: Session) -> dict[str, Any] | None:
        """Return what a disruption that hits a session is about, or None where it cannot be."""
        if kind == "hours":
            return {"opens": "11:00", "closes": "16:00"}
        if kind == "site":
            return {}
        who = getattr(hit, kind)
        return {kind: str(who.uid)} if who else None

    @step(2)
    def reopen(self, luck: Random) -> Touched:
        """Withdraw a disruption: the chair, the person or the clinic is there again."""
        what = one(luck, Disruption.objects.exclude(state="withdrawn").order_by("pk"))
        if what is None:
            return NO_OCCASION
        disruption.withdraw(disruption=what, by=BY, now=self.now)
        return []

    @step(3)
    def propose_a_replan(self, luck: Random) -> Touched:
        what = one(luck, Disruption.objects.filter(state__in=["open", "undone"]).order_by("pk"))
        if what is None:
            return NO_OCCASION
        strategy = luck.choice(STRATEGIES)
        replan = disruption.propose_replan(disruption=what, strategy=strategy, by=BY, now=self.now)
        assert_bounds_hold(replan)
        return []

    @step(5)
    def carry_out_a_replan(self, luck: Random) -> Touched:
        """Do a replan for all its courses, though the diary may have moved on since it was made."""
        return self.carried_out(self.replan(luck), None)

    @step(5)
    def carry_out_part_of_a_replan(self, luck: Random) -> Touched:
        """Do a replan for one course, after its patient was called."""
        replan = self.replan(luck)
        if replan is None:
            return NO_OCCASION
        course = luck.choice(named_in(replan))
        call = luck.choice(["agreed", "other-time", "not-reached"])
        disruption.note_call(replan=replan, course=course.uid, call=call, by=BY, now=self.now)
        return self.carried_out(replan, course) if call == "agreed" else []

    def replan(self, luck: Random) -> Replan | None:
        """Choose a replan of which something is left to do, or make one."""
        waiting = Replan.objects.filter(changes__state="proposed").distinct().order_by("pk")
        if not waiting.exists() and self.propose_a_replan(luck) is NO_OCCASION:
            self.report_a_disruption(luck)
            self.propose_a_replan(luck)
        return one(luck, waiting.select_related("disruption__site"))

    def carried_out(self, replan: Replan | None, only: Course | None) -> Touched:
        if replan is None:
            return NO_OCCASION
        wanted = [only] if only else named_in(replan)
        result = disruption.apply_courses(replan=replan, courses=[course.uid for course in wanted], by=BY, now=self.now)
        if refused := [course for course in wanted if course.uid in result.refused]:
            disruption.renew(replan=replan, courses=refused, by=BY, now=self.now)
        if not result.sessions:
            return []
        moved = [course for course in wanted if course.uid not in result.refused]
        return self.undoable_as_one(replan, moved)

    def undoable_as_one(self, replan: Replan, moved: list[Course]) -> list[Course]:
        """Remember how a replan is taken back: all that was applied of it, or nothing."""
        applied = set(replan.changes.filter(state="applied").values_list("course", flat=True))
        touched = self.keep(lambda: disruption.undo(replan=replan, by=BY, now=self.now), moved)
        self.latest.replan = replan.pk
        if applied != {course.pk for course in moved}:  # how all of it stood before is not known any more
            self.latest = None
            self.undoable = [done for done in self.undoable if done.replan != replan.pk]
        return touched


def named_in(replan: Replan) -> list[Course]:
    """Return the courses of which a replan would still move sessions."""
    return list(Course.objects.filter(pk__in=replan.changes.filter(state="proposed").values("course")).order_by("pk"))


def assert_bounds_hold(replan: Replan) -> None:
    """Insist that nothing better is promised than what is proven."""
    assert replan.bounds.get("people_bound", 0) <= replan.bounds["people"]
    assert replan.bounds.get("sessions_bound", 0) <= replan.bounds["sessions"]
