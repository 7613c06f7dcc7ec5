"""Free places for one visit, tried one after another with the rules of a place."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from .constraints import PLACE, Booked, prescriber_when
from .plan import Session
from .protocols import Visit

Item = TypeVar("Item")


def with_resources(session: Session, visit: Visit, booked: Booked) -> Iterator[Session]:
    """Yield the session with each chair and people that are free, those of the session before first."""
    clinic = booked.clinic
    chairs = [c.id for c in clinic.chairs if c.site == session.site and visit.chair_kinds <= c.kinds]
    lanes = [(t.id, lane) for t in clinic.technicians for lane in range(t.at_once)]
    prescribers = [prescriber.id for prescriber in clinic.prescribers]
    during = prescriber_when(session, visit) if visit.prescriber_minutes else None
    bare = replace(session, chair=None, technician=None, lane=0, prescriber=None, prescriber_when=None)
    for chair in _first(session.chair, chairs) if visit.needs_chair else [None]:
        on_chair = replace(bare, chair=chair)
        if not _fits(on_chair, booked):
            continue
        for technician, lane in _first((session.technician, 0), lanes) if visit.needs_technician else [(None, 0)]:
            attended = replace(on_chair, technician=technician, lane=lane)
            if not _fits(attended, booked):
                continue
            for prescriber in _first(session.prescriber, prescribers) if visit.prescriber_minutes else [None]:
                complete = replace(attended, prescriber=prescriber, prescriber_when=during)
                if _fits(complete, booked):
                    yield complete


def _fits(session: Session, booked: Booked) -> bool:
    return all(rule(session, booked) is None for rule in PLACE)


def _first(wished: Item, things: Iterable[Item]) -> list[Item]:
    """Return the things with the wished one, if it is among them, at the front."""
    return sorted(things, key=lambda thing: thing != wished)
