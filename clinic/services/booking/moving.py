"""Single sessions: where else one could stand, and moving it there. A moved session stays the same row."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext as _

import scheduler
from clinic import planning
from clinic.models import Chair, Session, Site
from clinic.models.courses import CELL_MINUTES, SessionStatus
from clinic.services import audit, occupancy, outbox

from .errors import NotPossible, SessionDoesNotFit, StaleVersion
from .lock import note_change, under_lock

ALTERNATIVES = 5
YEARS = range(1990, 2190)  # the clock of a site cannot be reckoned at the ends of the calendar
MOVABLE = (SessionStatus.PROPOSED, SessionStatus.BOOKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Hold a free place for a session; chair and technician are resource ids, reasons are data."""

    start: datetime
    end: datetime
    chair: str | None
    technician: str | None
    reasons: tuple[dict[str, Any], ...]

    @property
    def key(self) -> str:
        """Return what a form sends to choose this opening."""
        return f"{self.start.isoformat()}/{self.chair or ''}"


def read_opening(key: str, *, site: Site) -> tuple[datetime, Chair | None]:
    """Read the key of an opening: when, and on which chair of a site.

    Raises ValueError for a key that no opening has.
    """
    text, _other, chair = key.partition("/")
    start = datetime.fromisoformat(text)
    is_number = chair.isascii() and chair.isdigit() and len(chair) < 18
    if start.tzinfo is None or start.year not in YEARS or (chair and not is_number):
        raise ValueError(_("This is not an opening."))
    found = Chair.objects.filter(pk=int(chair), site=site).first() if chair else None
    if chair and found is None:
        raise ValueError(_("There is no such chair."))
    return start, found


def openings(*, session: Session, first: date, last: date, now: datetime, limit: int = 12) -> list[Opening]:
    """Return where else a session could stand on dates from first to last, each judged by the rules of its course."""
    search = _search(session, session.site, first, last, now)
    return [_opening(place) for place in search.search(first, last, not_before=now, limit=limit)]


def opening_at(*, session: Session, start: datetime, chair: Chair | None, now: datetime) -> Opening:
    """Judge one place for a session by the rules of its course, without moving it there.

    Raises SessionDoesNotFit with the reasons and openings near by, and NotPossible.
    """
    return _opening(_place(session, session.site, start, chair, now))


def move_session(
    *,
    session: Session,
    start: datetime,
    chair: Chair | None = None,
    by: audit.Actor,
    now: datetime,
    expected_version: int | None = None,
    why: str = "",
) -> Session:
    """Move a session to a start and a chair, or any free chair, with people who are free then.

    Raises SessionDoesNotFit with the reasons and openings near by, StaleVersion, NotPossible, and Busy.
    """

    def move(locked: Site) -> Session:
        # Only the session itself is locked, not the rows that are read with it.
        rows = Session.objects.select_for_update(of=("self",)).select_related("course__protocol", "patient")
        current = rows.get(pk=session.pk)
        if expected_version not in (None, current.version):
            raise StaleVersion
        if current.status not in MOVABLE:
            raise NotPossible(
                _("This session is %(status)s. Only booked sessions can be moved.")
                % {"status": current.get_status_display()}
            )
        place = _place(current, locked, start, chair, now)
        was, data = current.starts_at, {"from": _where(current)}
        _write(current, place, now)
        note_change(locked)
        outbox.plan_move_message(session=current, was=was, now=now)
        data["to"] = _where(current)
        audit.record(
            by=by,
            now=now,
            action="session moved",
            patient=current.patient,
            course=current.course,
            session=current,
            data=data,
            why=why,
        )
        return current

    try:
        return under_lock(session.site, move)
    except IntegrityError as taken:  # somebody at another site was quicker to take one of the people
        raise SessionDoesNotFit([], _near(session, start, now)) from taken


def _place(session: Session, site: Site, start: datetime, chair: Chair | None, now: datetime) -> scheduler.Session:
    """Find people for a session at a start, or say why it cannot stand there."""
    if start <= now:
        raise NotPossible(_("This time has passed. Choose a later one."))
    if start.timestamp() % (CELL_MINUTES * 60):
        raise NotPossible(_("Sessions begin on a multiple of five minutes. Choose such a time."))
    day = start.astimezone(site.zone).date()
    search = _search(session, site, day, day, now)
    wanted = str(chair.pk) if chair else None
    place = search.at(start, wanted)
    if place is None:
        raise SessionDoesNotFit(planning.reasons_data(search.why_not(start, wanted)), _near(session, start, now))
    return place


def _near(session: Session, start: datetime, now: datetime) -> list[Opening]:
    day = start.astimezone(session.site.zone).date()
    return openings(session=session, first=day, last=day, now=now, limit=ALTERNATIVES)


def _search(session: Session, site: Site, first: date, last: date, now: datetime) -> scheduler.Openings:
    """Look at a session beside the rest of its course, and all else that is booked or held by others."""
    course = session.course
    uid = str(course.uid)
    rows = list(course.sessions.exclude(status__in=scheduler.FREES_ITS_PLACE))
    days = [row.starts_at.astimezone(site.zone).date() for row in rows]
    clinic, diary = planning.load(
        site=site,
        first=min([first, *days]),
        last=max([last, *days]),
        now=now,
        patient=session.patient,
        leaving_out=[session.pk],
    )
    request = planning.request_value(
        course.request, patient=session.patient, protocol=course.protocol, site=site, course=uid
    )
    # Whoever moves a session that was fixed does not want it fixed there any longer.
    free = tuple(item for item in request.fixed if item.start != session.starts_at)
    others = [planning.session_value(row, course=uid) for row in rows if row.pk != session.pk]
    own = planning.session_value(session, course=uid)
    return scheduler.Openings(own, replace(request, fixed=free), clinic, diary, others)


def _write(session: Session, place: scheduler.Session, now: datetime) -> None:
    occupancy.free([session])
    for name, value in planning.place_columns(place).items():
        setattr(session, name, value)
    session.version += 1
    session.updated_at = now
    session.save()
    occupancy.take([session])


def _where(session: Session) -> dict[str, Any]:
    return {"start": session.starts_at.isoformat(), "chair": session.chair_id, "technician": session.technician_id}


def _opening(place: scheduler.Session) -> Opening:
    return Opening(
        start=place.when.start,
        end=place.when.end,
        chair=place.chair,
        technician=place.technician,
        reasons=tuple(planning.reasons_data(place.reasons)),
    )
