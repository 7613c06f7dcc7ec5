"""Steps with the waiting list: referring people, planning them, and what becomes of an offer."""

from random import Random

from clinic.models import Protocol, Referral
from clinic.models.referrals import Priority
from clinic.services import booking, waiting_list
from tests.clinic.builders import make_patient

from .courses import CourseSteps
from .steps import BY, NO_OCCASION, Touched, one, step

MOST_WAITING = 5


class WaitingSteps(CourseSteps):
    """Puts people on the waiting list and takes them off it, with a course or without."""

    @step(2)
    def refer(self, luck: Random) -> Touched:
        if Referral.objects.open(self.now).count() >= MOST_WAITING:
            return NO_OCCASION
        protocol = luck.choice(list(Protocol.objects.filter(is_current=True).order_by("slug")))
        whom = {"patient": make_patient(self.site), "protocol": protocol, "site": self.site}
        waiting_list.refer(**whom, request=self.asked(luck), priority=luck.choice(Priority.values), by=BY, now=self.now)
        return []

    @step(1)
    def plan_those_who_wait(self, luck: Random) -> Touched:
        waiting_list.admit(site=self.site, now=self.now)
        return []

    @step(3)
    def offer_times(self, luck: Random) -> Touched:
        if not self.has_room:
            return NO_OCCASION
        if not Referral.objects.open(self.now).exists():
            self.refer(luck)
        waiting_list.offer(site=self.site, by=BY, now=self.now)
        return []

    @step(4)
    def accept_an_offer(self, luck: Random) -> Touched:
        """Accept times, though they may be held no longer."""
        referral = one(luck, Referral.objects.open(self.now).exclude(proposal=None))
        if referral is None or not self.has_room:
            return self.offer_times(luck)
        course = waiting_list.accept(referral=referral, by=BY, now=self.now)
        return self.keep(lambda: booking.undo(course=course, by=BY, now=self.now), [course])

    @step(1)
    def withdraw_a_referral(self, luck: Random) -> Touched:
        referral = one(luck, Referral.objects.open(self.now))
        if referral is None:
            return NO_OCCASION
        waiting_list.withdraw(referral=referral, by=BY, now=self.now)
        return []
