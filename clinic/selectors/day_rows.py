"""A day as a list: its sessions and gaps in order of time, and where the present minute is among them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .day_gaps import Gap
from .day_says import Say, says_of
from .day_states import Standing
from .diary import DayList


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Hold one line of the list: a session as it stands with what can usually be said about it, or a gap."""

    at: datetime
    standing: Standing | None = None
    says: tuple[Say, ...] = ()
    is_next: bool = False
    gap: Gap | None = None


def rows_of(page: DayList, standings: Sequence[Standing], gaps: Iterable[Gap], now: datetime) -> list[Row]:
    """Return the rows of a day; the first session that is not over stands below the line of the present minute."""
    coming = next((one for one in standings if one.session.ends_at > now), None) if page.is_on(now) else None
    rows = [
        Row(
            at=one.session.starts_at,
            standing=one,
            says=tuple(say for say in says_of(one) if say.is_usual),
            is_next=one is coming,
        )
        for one in standings
    ]
    rows += [Row(at=gap.starts_at, gap=gap) for gap in gaps]
    return sorted(rows, key=lambda row: row.at)
