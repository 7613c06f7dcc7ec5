"""Who attends each session: the same people for as many sessions as possible."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .ground import Ground
from .trace import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Hold the people of one session."""

    technician: str | None = None
    lane: int = 0
    prescriber: str | None = None


def staff_of(ground: Ground, places: Sequence[Place]) -> list[Staff]:
    """Name the people of each session; the wished technician first, then whoever can attend the most."""
    lanes = [_lanes(ground, place) for place in places]
    prescribers = [_prescribers(ground, place) for place in places]
    wished = ground.request.preference.technician
    chosen = _fewest([list(free) for free in lanes], wished)
    doctors = _fewest(prescribers, None)
    return [
        Staff(technician=technician, lane=free[technician] if technician else 0, prescriber=doctor)
        for technician, free, doctor in zip(chosen, lanes, doctors, strict=True)
    ]


def _lanes(ground: Ground, place: Place) -> dict[str, int]:
    """Return the technicians who could attend a session, each with the first free lane."""
    visit, site, frame = ground.visits[place.role], ground.spots[place.chair].site, ground.frame
    if not visit.needs_technician:
        return {}
    first = place.start * frame.step
    free = np.all(site.technicians_free[:, place.day, first : first + visit.minutes // frame.unit], axis=1)
    found: dict[str, int] = {}
    for (number, lane), is_free in zip(site.lanes, free.tolist(), strict=True):
        if is_free:
            found.setdefault(site.technicians[number].id, lane)
    return found


def _prescribers(ground: Ground, place: Place) -> list[str]:
    visit, site, frame = ground.visits[place.role], ground.spots[place.chair].site, ground.frame
    if not visit.prescriber_minutes:
        return []
    first = place.start * frame.step + visit.prescriber_offset // frame.unit
    last = first + visit.prescriber_minutes // frame.unit
    free = np.all(site.prescribers_free[:, place.day, first:last], axis=1)
    return [person.id for person, is_free in zip(site.prescribers, free.tolist(), strict=True) if is_free]


def _fewest(choices: Sequence[Sequence[str]], wished: str | None) -> list[str | None]:
    """Choose one of each row, so that few different ones are chosen: again and again the one with the most rows."""
    chosen: list[str | None] = [None] * len(choices)
    left = {number for number, row in enumerate(choices) if row}
    while left:
        counts = Counter(name for number in sorted(left) for name in choices[number])
        best = wished if wished in counts else max(sorted(counts), key=lambda name: counts[name])
        for number in [number for number in left if best in choices[number]]:
            chosen[number] = best
            left.discard(number)
    return chosen
