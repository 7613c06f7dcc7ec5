"""All steps together, some of them more often than others."""

from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from .disruptions import DisruptionSteps
from .steps import LUCK
from .waiting import WaitingSteps

AT_FIRST = 3


class AllSteps(WaitingSteps, DisruptionSteps):
    """Knows everything that people do at a clinic."""


NAMES = [name for name in dir(AllSteps) for _ in range(getattr(getattr(AllSteps, name), "weight", 0))]


class Walk(AllSteps):
    """Begins with some courses, and then does one thing after another."""

    @initialize(luck=LUCK)
    def begin(self, luck: Random) -> None:
        """Book some courses."""
        for _ in range(AT_FIRST):
            self.walk(self.book, luck)

    def teardown(self) -> None:
        """Let each patient come to what is left, so that every walk sees courses end."""
        try:
            for _ in range(2 * AT_FIRST):
                self.walk(self.give_the_rest, Random(self.now.day))
        finally:
            super().teardown()

    @rule(name=st.sampled_from(NAMES), luck=LUCK)
    def step(self, name: str, luck: Random) -> None:
        """Do one of all these things."""
        self.walk(getattr(self, name), luck)
