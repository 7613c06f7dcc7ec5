"""The blocks of the day board, drawn in Python: a large clinic has hundreds of them on one page."""

from functools import cache

from django import template
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from clinic.selectors.day_board import Block, Board
from clinic.selectors.diary import DayList
from clinic.selectors.written import clock, minute_of_day

from .desk import STATE_ICONS, called
from .icons import icon

register = template.Library()

SESSION = (
    '<li class="c{} s{} d{}"><a class="ses state--{}" id="s-{}" data-walk data-session="{}" data-version="{}" '
    'data-status="{}"{} href="{}&amp;at={}#chosen"><span class="t">{}</span><span class="n">{}</span>'
    '<span class="c">{}{}<span class="vh">{}</span></span><span class="m"><span aria-hidden="true">{}, </span>{}'
    '<span class="ch">{}</span>{}</span></a></li>'
)
NUMBER = '<span class="vh">session </span>{}<span aria-hidden="true">/</span><span class="vh"> of </span>{}{}'
GAP = (
    '<li class="c{} s{} d{}"><a class="free" id="g-{}-{}" data-walk href="{}?site={}&amp;day={}&amp;begins={}'
    '&amp;ends={}&amp;chair={}#gap"><span>{}<span class="ch"> {}</span> free, {} min</span>'
    '<span class="pill {}">{} {}</span></a></li>'
)


@register.simple_tag
def blocks(
    board: Board, page: DayList, *, chosen: object, initials: bool, first: int = 0, last: int | None = None
) -> SafeString:
    """Draw the blocks of a board from one to another, in order of time."""
    day = f"{reverse('frontdesk:day', args=[page.day])}?site={page.site.uid}"
    waiting = reverse("frontdesk:waiting")
    drawn: list[str] = []
    for block in board.blocks[first:last]:
        if block.standing:
            is_chosen = chosen is not None and block.standing is chosen
            drawn.append(_session(block, day, is_chosen=is_chosen, initials=initials))
        elif block.gap:
            drawn.append(_gap(block, page, waiting))
        else:
            shut = '<li class="c{} s{} d{} shut"><span>{}</span></li>'
            drawn.append(format_html(shut, block.column, block.row, block.rows, block.cause))
    return SafeString("\n".join(drawn))


def _session(block: Block, day: str, *, is_chosen: bool, initials: bool) -> str:
    one = block.standing
    assert one is not None
    session = one.session
    kind = "" if session.kind == "treatment" else f", {session.kind}"
    number = "follow-up" if session.kind == "follow-up" else NUMBER.format(session.number, session.of, escape(kind))
    marks = ' aria-current="true"' * is_chosen + " data-late" * session.runs_late
    # Only texts are escaped: names of people and chairs, and words. The rest are numbers and identifiers.
    return SESSION.format(
        *(block.column, block.row, block.rows, one.state, session.uid, session.uid, session.version, session.status),
        *(marks, day, session.uid, minute_of_day(block.begins), escape(called(session.patient, initials))),
        *("" if one.minutes is None else f"{one.minutes} min", _icon(one.state), escape(one.word), escape(one.word)),
        *(number, escape(f", {session.chair.name}") if session.chair else "", ", told us" if session.runs_late else ""),
    )


def _gap(block: Block, page: DayList, waiting: str) -> str:
    gap = block.gap
    assert gap is not None
    fit = gap.fits
    return GAP.format(
        *(block.column, block.row, block.rows, gap.chair.pk, f"{gap.starts_at:%H%M}", waiting, page.site.uid, page.day),
        *(
            f"{gap.starts_at:%H:%M}",
            f"{gap.ends_at:%H:%M}",
            gap.chair.uid,
            clock(gap.starts_at),
            escape(gap.chair.name),
            gap.minutes,
        ),
        *("pill--brand" if fit else "pill--flat", fit, "fits" if fit == 1 else "fit"),
    )


@cache
def _icon(state: str) -> SafeString:
    return icon(STATE_ICONS[state])
