"""The cells that sessions take: written with every session, so that the database refuses a second one."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from clinic.models import Occupancy, Session
from clinic.models.courses import CELL_MINUTES

SECONDS = CELL_MINUTES * 60
BATCH = 5000
KEPT_FOR = timedelta(days=30)


def cells(session: Session) -> Iterator[tuple[int, int, int]]:
    """Yield (resource id, lane, cell) for everything that a session takes, the patient included."""
    start, end = session.starts_at, session.ends_at
    yield from _span(session.patient_id, 0, start, end)
    if session.chair_id:
        yield from _span(session.chair_id, 0, start, session.chair_until)
    if session.technician_id:
        yield from _span(session.technician_id, session.lane, start, end)
    if session.prescriber_id:
        yield from _span(session.prescriber_id, 0, session.prescriber_from or start, session.prescriber_until or end)


def take(sessions: Iterable[Session]) -> None:
    """Write the cells of sessions, in one order for all, so that two bookings never wait for each other in a circle.

    Raises IntegrityError when one of them is taken.
    """
    taken = sorted((*cell, session.pk) for session in sessions for cell in cells(session))
    Occupancy.objects.bulk_create(
        [Occupancy(resource_id=resource, lane=lane, cell=cell, session_id=pk) for resource, lane, cell, pk in taken],
        batch_size=BATCH,
    )


def free(sessions: Iterable[Session]) -> None:
    """Give back the cells of sessions."""
    Occupancy.objects.filter(session__in=[session.pk for session in sessions]).delete()


def forget_past(*, now: datetime) -> int:
    """Delete the cells of days long gone, which nothing can be booked into; return how many there were."""
    before = int((now - KEPT_FOR).timestamp()) // SECONDS
    return Occupancy.objects.filter(cell__lt=before).delete()[0]


def _span(resource: int, lane: int, start: datetime, end: datetime) -> Iterator[tuple[int, int, int]]:
    first, last = int(start.timestamp()) // SECONDS, -(-int(end.timestamp()) // SECONDS)
    return ((resource, lane, cell) for cell in range(first, last))
