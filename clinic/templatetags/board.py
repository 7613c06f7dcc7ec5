"""The blocks of the day board, drawn in Python: a large clinic has hundreds of them on one page."""

from dataclasses import dataclass
from functools import cache

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.selectors.day_board import Block, Board
from clinic.selectors.day_gaps import Gap
from clinic.selectors.day_states import Standing
from clinic.selectors.diary import DayList
from clinic.selectors.words import kind_word
from clinic.selectors.written import clock, minute_of_day

from .desk import STATE_ICONS, called
from .icons import icon

register = template.Library()

# Each character of these is sent hundreds of times: a session is known by its number, and its state by a class.
SESSION = (
    '<li class="c{} s{} d{}"><a class="ses state--{}" id="s-{}" data-v="{}"{} href="{}{}#chosen"><span class="t">{}'
    '</span><span class="n">{}</span><span class="c">{}{}</span><span class="m">{}, {}<span class="ch">{}</span>{}'
    "</span></a></li>"
)
GAP = (
    '<li class="c{} s{} d{}"><a class="free" id="g-{}-{}" href="{}"><span>{}<span class="ch"> {}</span> {}</span>'
    '<span class="pill {}">{}</span></a></li>'
)
SHUT = '<li class="c{} s{} d{} shut"><span>{}</span></li>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """Hold what all blocks or rows of a day have in common; texts are looked up once for all of them.

    `at` begins what leads to a session, `gap` what leads to whom a gap suits.
    """

    page: DayList
    at: str
    gap: str
    initials: bool
    minutes: str
    number: str
    free: str
    told: str
    called: str

    @classmethod
    def of(cls, page: DayList, choose: str, *, initials: bool) -> "Pen":
        """Take up a pen for a page; `choose` begins each of its addresses."""
        return cls(
            page=page,
            at=escape(f"{choose}at="),
            gap=escape(f"{choose}gap="),
            initials=initials,
            minutes=_("%(minutes)s min"),
            number=_("%(number)s of %(of)s"),
            free=_("free, %(minutes)s min"),
            told=_(", told us"),
            called=_(", called %(time)s"),
        )

    def number_of(self, one: Standing) -> str:
        """Say which session of its course this is, and what kind of visit where that is not the usual one."""
        session = one.session
        if session.kind == "follow-up":
            return kind_word(session.kind)
        number = self.number % {"number": session.number, "of": session.of}
        return number if session.kind == "treatment" else f"{number}, {kind_word(session.kind)}"

    def notes_on(self, one: Standing) -> str:
        """Say what is known beside the state: that the patient told us to be late, and when we called."""
        told = self.told if one.session.runs_late else ""
        if one.called_at is None:
            return told
        return told + self.called % {"time": clock(one.called_at.astimezone(self.page.site.zone))}

    def fitting(self, gap: Gap) -> str:
        """Return the address of whom a gap suits."""
        return f"{self.gap}{gap.chair.pk}-{gap.starts_at:%H%M}-{gap.ends_at:%H%M}"


@register.simple_tag
def blocks(
    board: Board,
    page: DayList,
    *,
    chosen: Standing | None,
    choose: str,
    initials: bool,
    first: int = 0,
    last: int | None = None,
) -> SafeString:
    """Draw the blocks of a board from one to another, in order of time."""
    pen, drawn = Pen.of(page, choose, initials=initials), []
    for block in board.blocks[first:last]:
        if block.standing:
            is_chosen = chosen is not None and block.standing.session.pk == chosen.session.pk
            drawn.append(_session(pen, block, block.standing, is_chosen=is_chosen))
        elif block.gap:
            drawn.append(_gap(pen, block, block.gap))
        else:
            drawn.append(format_html(SHUT, block.column, block.row, block.rows, block.cause))
    return SafeString("\n".join(drawn))


def _session(pen: Pen, block: Block, one: Standing, *, is_chosen: bool) -> str:
    session = one.session
    marks = ' aria-current="true"' * is_chosen + " data-told" * session.runs_late
    chair = escape(f", {session.chair.name}") if session.chair else ""
    minutes = "" if one.minutes is None else escape(pen.minutes % {"minutes": one.minutes})
    # Only texts are escaped: names of people and chairs, and words. The rest are numbers and identifiers.
    return SESSION.format(
        *(block.column, block.row, block.rows, one.state, session.pk, session.version, marks, pen.at, session.pk),
        *(minute_of_day(block.begins), escape(called(session.patient, pen.initials)), minutes, state_icon(one.state)),
        *(escape(one.word), escape(pen.number_of(one)), chair, escape(pen.notes_on(one))),
    )


def _gap(pen: Pen, block: Block, gap: Gap) -> str:
    free = escape(pen.free % {"minutes": gap.minutes})
    return GAP.format(
        *(block.column, block.row, block.rows, gap.chair.pk, f"{gap.starts_at:%H%M}", pen.fitting(gap)),
        *(minute_of_day(block.begins), escape(gap.chair.name), free),
        *("pill--brand" if gap.fits else "pill--flat", suiting(gap.fits)),
    )


def suiting(count: int) -> str:
    """Say how many people a gap suits."""
    return escape(ngettext("%(count)s fits", "%(count)s fit", count) % {"count": count})


@cache
def state_icon(state: str) -> SafeString:
    """Draw the icon of a state, once for all sessions."""
    return icon(STATE_ICONS[state])
