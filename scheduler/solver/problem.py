"""The compiled form of one course: integers and arrays only, no dates, no names."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Costs = NDArray[np.signedinteger]
WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Hold what each thing costs that a plan would rather not do."""

    wait: int = 5
    end: int = 10
    dev: int = 1
    chair: int = 6
    short: int = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Role:
    """Hold a kind of visit as the search sees it: how long, and where and when the clinic could give it."""

    length: int  # cells that the patient is there
    hold: int  # cells that the chair is taken
    room: Mask  # [day, chair, start]: chair and people are there for the whole visit, whoever the patient is
    fits: Mask | None = None  # [chair]: has what the visit needs; None is every chair
    price: Costs | None = None  # [day, chair, start]: what a visit costs there, where the problem has a `keep`


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Hold a run of treatment days under one set of weekly rules; a phase is one stretch, a taper one for each week."""

    days: int
    role: int = 0
    per_week_target: int = 0
    per_week_max: int = WEEK
    per_week_floor: int = 0
    min_gap: int = 1
    max_gap: int = 366
    weekdays: int = 127  # bit p: the p-th day of the week may be used
    one_week: bool = False  # all its days lie in one week
    blocks: tuple[int, int, int] | None = None  # least and most days in a row, most days off between two rows
    per_day: int = 1
    start_gap: int = 0  # cells between successive starts of one day
    nominal: int = 0  # steps from one usual start of a day to the next


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Keep:
    """Hold the prices of a repair: what each place would cost for the first session of each day."""

    price: Costs  # [day, chair, start]; never negative, so a new date is dearer by what an old one saves
    constant: int  # added to the sum
    old_last: int  # the last old day; ending later costs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """Hold one course to place. Day 0 is the first day of a week; a start is counted in steps from the first cell."""

    roles: tuple[Role, ...]
    stretches: tuple[Stretch, ...]
    prices: Prices
    chairs: Mask  # [chair]: may be used
    staffed: Mask  # [day, chair]: opening hours not wholly blocked
    patient: Mask  # [day, cell]: the patient can come
    comes: Mask  # [day]: the weekday is one on which the patient can come at some time
    away: Mask  # [day]
    step: int  # cells from one start to the next
    hour: int  # cells of an hour
    earliest: int  # waiting and ending are counted from here
    first: int  # the days that may be used, both inclusive
    last: int
    opening: int | None = None  # the role of the first session of a new course, when it has one of its own
    opening_counts: bool = False  # the first session is held to the usual time and chair as well
    fresh: bool = True  # a new course: its first week is exempt from the weekly rules
    done: tuple[int, ...] = ()  # delivered days of a running course
    due_role: int | None = None  # redetermination: the first day on or after each due date has this role
    due_every: int = WEEK
    due_day: int | None = None  # of a running course: the day on which it began; other due days follow from it
    fixed: Mapping[int, tuple[tuple[int, int | None], ...]] = field(default_factory=dict)  # [day]: (start, chair) held
    usual: Costs | None = None  # [start]: what it costs to have this usual start; None is nothing, whichever
    keep: Keep | None = None
    units: int | None = None  # sessions that are authorised
    scale: int = 1  # costs are counted in this many parts

    @property
    def days(self) -> int:
        """Count the days of the horizon; always whole weeks."""
        return len(self.staffed)

    @property
    def starts(self) -> int:
        """Count the starts of a day."""
        return int(self.roles[0].room.shape[2])

    @property
    def treatment_days(self) -> int:
        """Count the days to be placed."""
        return sum(stretch.days for stretch in self.stretches)

    @property
    def sessions(self) -> int:
        """Count the sessions to be placed."""
        return sum(stretch.days * stretch.per_day for stretch in self.stretches)

    @property
    def end_from(self) -> int:
        """Return the day after which a later end costs."""
        return self.keep.old_last if self.keep else self.earliest

    def usable(self) -> Mask:
        """Tell the days inside all date limits on which the patient is not away."""
        day = np.arange(self.days)
        return (day >= self.first) & (day <= self.last) & ~self.away

    def possible(self, stretch: Stretch) -> Mask:
        """Tell the days that count when a week is held to its floor: open for the stretch, whatever is booked."""
        fits = self.roles[stretch.role].fits
        chairs = self.chairs if fits is None else self.chairs & fits
        return self.staffed[:, chairs].any(axis=1) & self.usable() & self.comes

    def place_price(self, number: int, role: int, days: int | slice) -> Costs:
        """Return what the places of some days cost for the n-th session of a day; the problem has a `keep`."""
        assert self.keep is not None
        own, kept = self.roles[role].price, self.keep.price[days]
        kept = kept if number == 0 else np.zeros_like(kept)
        return kept if own is None else kept + own[days]

    def feasible(self, role: int) -> Mask:
        """Tell the starts [day, allowed chair, start] that one visit of this role could have."""
        room = self.roles[role].room if self.chairs.all() else self.roles[role].room[:, self.chairs]
        present = erode(self.patient, self.roles[role].length, self.step) & self.usable()[:, None]
        return room & present[:, None, :]


def erode(cells: Mask, length: int, step: int = 1) -> Mask:
    """Tell the starts, one in every `step` cells, from which `length` cells in a row are set."""
    total = np.zeros((*cells.shape[:-1], cells.shape[-1] + 1), dtype=np.int32)
    np.cumsum(cells, axis=-1, out=total[..., 1:])
    answer = np.zeros(cells.shape, dtype=bool)
    if 0 < length <= cells.shape[-1]:
        answer[..., : cells.shape[-1] - length + 1] = total[..., length:] - total[..., :-length] == length
    return answer[..., ::step]
