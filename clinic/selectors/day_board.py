"""A day laid out by chair: a column for each chair, a row for every five minutes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from clinic.models import Chair, Closure, Session
from clinic.models.courses import SessionStatus
from scheduler import WeeklyHours, local_days

from .day_gaps import Gap
from .day_states import Standing
from .diary import DayList

ROW_MINUTES, HOUR, DAY = 5, 60, 24 * 60
# What the style sheet has columns for; a larger day is shown as a list.
MOST_COLUMNS = 60
Span = tuple[int, int]  # minutes since midnight, by the wall clock of the site


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Hold the head of a column: a chair, or sessions that need none."""

    number: int
    name: str
    booked: int
    technicians: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Hold something with its place on the board: a session, a gap, or why nothing can stand there."""

    column: int
    row: int
    rows: int
    begins: int
    standing: Standing | None = None
    gap: Gap | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Hold the whole board; `now_row` is where the line of the present minute runs."""

    columns: tuple[Column, ...]
    hours: tuple[tuple[int, int], ...]
    blocks: tuple[Block, ...]
    now_row: int | None = None
    now_before: int = 0


def board_of(page: DayList, standings: Sequence[Standing], gaps: Iterable[Gap], now: datetime) -> Board | None:
    """Lay a day out in two queries; None where nothing is open or booked, or where there are too many columns."""
    shown = [one for one in standings if one.session.status != SessionStatus.CANCELLED]
    chairs = _chairs(page, shown)
    spans = [_open(chair, page) for chair in chairs]
    own = [_span(one.session.starts_at, one.session.ends_at, page) for one in shown]
    if not chairs or not (any(spans) or own):
        return None
    edges = [edge for span in (*own, *(open for opens in spans for open in opens)) for edge in span]
    first, last = min(edges) // HOUR, -(-max(edges) // HOUR)
    lanes = _lanes(shown, own, chairs)
    if max((len(chairs), *lanes)) > MOST_COLUMNS:
        return None
    place = _Place(first=first * HOUR, last=last * HOUR)
    blocks = [place.block(lane, span, standing=one) for one, span, lane in zip(shown, own, lanes, strict=True) if lane]
    column_of = {chair.pk: number for number, chair in enumerate(chairs, start=1)}
    blocks += [
        place.block(column_of[gap.chair.pk], _span(gap.starts_at, gap.ends_at, page), gap=gap)
        for gap in gaps
        if gap.chair.pk in column_of
    ]
    blocks += _shut(chairs, spans, page, place)
    blocks.sort(key=lambda block: (block.begins, block.column))
    minute = _minute(now, page) if page.is_on(now) else -1
    is_shown = place.first <= minute <= place.last
    return Board(
        columns=_columns(chairs, shown, max(lanes, default=0)),
        hours=tuple((hour, place.row(hour * HOUR)) for hour in range(first, last)),
        blocks=tuple(blocks),
        now_row=place.row(minute) if is_shown else None,
        now_before=next((n for n, block in enumerate(blocks) if block.begins > minute), len(blocks)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Turn minutes of the day into rows of the board."""

    first: int
    last: int

    def row(self, minute: int) -> int:
        return (minute - self.first) // ROW_MINUTES

    def block(self, column: int, span: Span, **what: object) -> Block:
        begins, ends = max(span[0], self.first), min(span[1], self.last)
        rows = max(1, -(-ends // ROW_MINUTES) - begins // ROW_MINUTES)
        return Block(column=column, row=self.row(begins), rows=rows, begins=begins, **what)  # type: ignore[arg-type]


def _chairs(page: DayList, shown: Iterable[Standing]) -> list[Chair]:
    """Return the chairs in use, and those that are not any longer but have a session on this day."""
    kept = {one.session.chair_id for one in shown}
    rows = Chair.objects.filter(site=page.site).order_by("position", "name")
    return [chair for chair in rows if chair.is_active or chair.pk in kept]


def _lanes(shown: Sequence[Standing], spans: Sequence[Span], chairs: Sequence[Chair]) -> list[int]:
    """Return the column of each session: that of its chair, or one at the end where nothing else stands then.

    A missed session whose place was given away has none (0); the list shows it.
    """
    column_of: dict[int | None, int] = {chair.pk: number for number, chair in enumerate(chairs, start=1)}
    taken: dict[int, list[Span]] = {}
    lanes = [0] * len(shown)
    # Whoever still has a place is put there before those who missed theirs.
    for at in sorted(range(len(shown)), key=lambda at: shown[at].session.status == SessionStatus.NOSHOW):
        session, span = shown[at].session, spans[at]
        lane = column_of.get(session.chair_id, 0)
        if not lane:
            lane = len(chairs) + 1
            while _meets(taken.get(lane, ()), span):
                lane += 1
        elif session.status == SessionStatus.NOSHOW and _meets(taken.get(lane, ()), span):
            continue
        taken.setdefault(lane, []).append(span)
        lanes[at] = lane
    return lanes


def _meets(taken: Iterable[Span], span: Span) -> bool:
    return any(start < span[1] and span[0] < end for start, end in taken)


def _columns(chairs: Sequence[Chair], shown: Iterable[Standing], last: int) -> tuple[Column, ...]:
    by_chair: dict[int | None, list[Session]] = {}
    for one in shown:
        by_chair.setdefault(one.session.chair_id, []).append(one.session)
    heads = [(chair.name, by_chair.get(chair.pk, [])) for chair in chairs]
    heads += [(_("Without a chair"), by_chair.get(None, []))] * (last > len(chairs))
    heads += [("", [])] * (last - len(heads))
    return tuple(
        Column(number=number, name=name, booked=len(sessions), technicians=_technicians(sessions))
        for number, (name, sessions) in enumerate(heads, start=1)
    )


def _technicians(sessions: Iterable[Session]) -> str:
    """Name who runs the sessions of a chair: by name, or how many."""
    names = {session.technician.name for session in sessions if session.technician}
    return next(iter(names), "") if len(names) < 2 else (_("%(count)s technicians") % {"count": len(names)})


def _shut(chairs: Sequence[Chair], spans: Sequence[Sequence[Span]], page: DayList, place: _Place) -> list[Block]:
    """Return when a chair is not open, with the cause where there is one; one query."""
    within = local_days(page.day, page.day, page.site.timezone)
    rows = Closure.objects.filter(site=page.site, starts_at__lt=within.end, ends_at__gt=within.start)
    closed = [(row, _span(max(row.starts_at, within.start), min(row.ends_at, within.end), page)) for row in rows]
    blocks = []
    for number, (chair, opens) in enumerate(zip(chairs, spans, strict=True), start=1):
        ends = place.first
        for start, end in (*sorted(opens), (place.last, place.last)):
            if start > ends:
                blocks.append(place.block(number, (ends, start), cause=_("Not open")))
            ends = max(ends, end)
        for row, span in closed:
            if row.chair_id in (None, chair.pk) and span[0] < place.last and span[1] > place.first:
                blocks.append(place.block(number, span, cause=row.cause or _("Closed")))
    return blocks


def _open(chair: Chair, page: DayList) -> list[Span]:
    """Return the hours of a chair on the day."""
    return [] if page.closed else list(WeeklyHours.parse(chair.hours or page.site.hours).on(page.day))


def _span(start: datetime, end: datetime, page: DayList) -> Span:
    begins = _minute(start, page)
    ends = begins + int((end - start) / timedelta(minutes=1))
    return begins, min(ends, DAY)


def _minute(moment: datetime, page: DayList) -> int:
    local = moment.astimezone(page.site.zone)
    return local.hour * HOUR + local.minute
