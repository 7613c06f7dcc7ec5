"""The blocks of the day board, drawn in Python: a large clinic has hundreds of them on one page."""

from functools import cache

from django import template
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.models import Site
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
    """Draw the blocks of a board from one to another, in order of time; `choose` begins what leads to a session."""
    drawn: list[str] = []
    for block in board.blocks[first:last]:
        if block.standing:
            is_chosen = chosen is not None and block.standing.session.pk == chosen.session.pk
            drawn.append(_session(block, block.standing, page, choose, is_chosen=is_chosen, initials=initials))
        elif block.gap:
            drawn.append(_gap(block, block.gap, page))
        else:
            drawn.append(format_html(SHUT, block.column, block.row, block.rows, block.cause))
    return SafeString("\n".join(drawn))


def _session(block: Block, one: Standing, page: DayList, choose: str, *, is_chosen: bool, initials: bool) -> str:
    session = one.session
    marks = ' aria-current="true"' * is_chosen + " data-told" * session.runs_late
    chair = escape(f", {session.chair.name}") if session.chair else ""
    # Only texts are escaped: names of people and chairs, and words. The rest are numbers and identifiers.
    return SESSION.format(
        *(block.column, block.row, block.rows, one.state, session.pk, session.version, marks, escape(choose)),
        *(session.pk, minute_of_day(block.begins), escape(called(session.patient, initials))),
        *("" if one.minutes is None else _("%(minutes)s min") % {"minutes": one.minutes}, state_icon(one.state)),
        *(escape(one.word), escape(number_of(one)), chair, escape(notes_on(one, page.site))),
    )


def _gap(block: Block, gap: Gap, page: DayList) -> str:
    free = _("free, %(minutes)s min") % {"minutes": gap.minutes}
    return GAP.format(
        *(block.column, block.row, block.rows, gap.chair.pk, f"{gap.starts_at:%H%M}", escape(filling(gap, page))),
        *(minute_of_day(block.begins), escape(gap.chair.name), escape(free)),
        *("pill--brand" if gap.fits else "pill--flat", escape(fitting(gap.fits))),
    )


def filling(gap: Gap, page: DayList) -> str:
    """Return the address of whom a gap suits."""
    asked = f"?site={page.site.uid}&day={page.day}&begins={gap.starts_at:%H:%M}&ends={gap.ends_at:%H:%M}"
    return f"{reverse('frontdesk:waiting')}{asked}&chair={gap.chair.uid}#gap"


def fitting(count: int) -> str:
    """Say how many people a gap suits."""
    return ngettext("%(count)s fits", "%(count)s fit", count) % {"count": count}


def number_of(one: Standing) -> str:
    """Say which session of its course this is, and what kind of visit where that is not the usual one."""
    session = one.session
    if session.kind == "follow-up":
        return kind_word(session.kind)
    number = _("%(number)s of %(of)s") % {"number": session.number, "of": session.of}
    return number if session.kind == "treatment" else f"{number}, {kind_word(session.kind)}"


def notes_on(one: Standing, site: Site) -> str:
    """Say what is known beside the state: that the patient told us to be late, and when we called."""
    told = _(", told us") if one.session.runs_late else ""
    called_at = one.called_at and _(", called %(time)s") % {"time": clock(one.called_at.astimezone(site.zone))}
    return f"{told}{called_at or ''}"


@cache
def state_icon(state: str) -> SafeString:
    """Draw the icon of a state, once for all sessions."""
    return icon(STATE_ICONS[state])
