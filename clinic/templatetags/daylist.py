"""The rows of a day's list, drawn in Python like the blocks of its board: there are hundreds of them, too."""

from collections.abc import Iterable

from django import template
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clinic.models.courses import SessionStatus
from clinic.selectors.day_gaps import Gap
from clinic.selectors.day_rows import Row
from clinic.selectors.day_states import Standing
from clinic.selectors.written import clock

from .board import Pen, state_icon, suiting
from .desk import called
from .icons import icon

register = template.Library()
MISSED = (SessionStatus.NOSHOW, SessionStatus.CANCELLED)
ROW = (
    '<li class="line is-{}" id="s-{}"><span class="tm">{}</span><div class="who"><a class="nm" href="{}">{}</a>'
    '<div class="sub">{}</div></div><span class="state state--{}">{}{}</span><div class="btnrow acts noprint">{}'
    '<a class="btn btn--sm btn--plain" href="{}{}#chosen">{}<span class="vh">{}</span></a></div></li>'
)
ACT = '<button class="btn btn--sm" form="act" name="do" value="{}/{}/{}">{}{}<span class="vh">: {}, {}</span></button>'
MAKE_UP = '<a class="btn btn--sm" href="{}">{}{}<span class="vh">: {}, {}</span></a>'
GAP = '<li class="line gap" id="g-{}-{}"><span class="tm">{}</span><span class="who">{}</span>{}</li>'
FIT = '<a class="fs noprint" href="{}">{}<span class="vh">: {}, {}</span></a>'
NO_FIT = '<span class="fs muted">{}</span>'
INFO = icon("info")
NOW = '<li class="nowmark" id="now">{}</li>'


@register.simple_tag(takes_context=True)
def day_rows(context: template.Context, rows: Iterable[Row]) -> SafeString:
    """Draw the rows of a day's list as the page shows them, with buttons for whoever may press them."""
    pen = Pen.of(context["page"], context["choose"], initials=context["initials"])
    may_attend, may_move = bool(context["keys"]), context["may_move"]
    drawn = []
    for row in rows:
        if row.is_next:
            now = _("%(now)s now") % {"now": clock(context["now"].astimezone(pen.page.site.zone))}
            drawn.append(NOW.format(escape(now)))
        if row.gap:
            drawn.append(_gap(pen, row.gap))
        if row.standing:
            drawn.append(_session(pen, row, row.standing, may_attend=may_attend, may_move=may_move))
    return SafeString("\n".join(drawn))


def _session(pen: Pen, row: Row, one: Standing, *, may_attend: bool, may_move: bool) -> str:
    session = one.session
    who, begins = called(session.patient, pen.initials), clock(session.starts_at.astimezone(pen.page.site.zone))
    person = reverse("frontdesk:patient", args=[session.patient.uid])
    acts = [
        ACT.format(
            *(say.status, session.pk, session.version, state_icon(say.status), escape(say.word)),
            *(escape(who), escape(begins)),
        )
        for say in row.says
        if may_attend
    ]
    if may_move and session.status in MISSED and session.kind != "follow-up":
        number = _("session %(number)s") % {"number": session.number}
        address = reverse("frontdesk:make-up", args=[session.uid])
        acts.append(MAKE_UP.format(address, icon("undo"), escape(_("Make up")), escape(who), escape(number)))
    more = _("Say more about session %(number)s of %(patient)s") % {"number": session.number, "patient": who}
    return ROW.format(
        *(session.status, session.pk, escape(begins), person, escape(who), escape(_facts(pen, one))),
        *(one.state, state_icon(one.state), escape(one.said), "".join(acts)),
        *(pen.at, session.pk, INFO, escape(more)),
    )


def _facts(pen: Pen, one: Standing) -> str:
    session = one.session
    chair, *people = (place and place.name for place in (session.chair, session.technician, session.prescriber))
    facts = (chair, pen.number_of(one), pen.minutes % {"minutes": session.minutes}, *people)
    return ", ".join(fact for fact in facts if fact) + pen.notes_on(one)


def _gap(pen: Pen, gap: Gap) -> str:
    begins = escape(clock(gap.starts_at))
    free = _("%(name)s free until %(ends_at)s, %(minutes)s min")
    free %= {"name": gap.chair.name, "ends_at": clock(gap.ends_at), "minutes": gap.minutes}
    fit = NO_FIT.format(suiting(0))
    if gap.fits:
        fit = FIT.format(pen.fitting(gap), suiting(gap.fits), escape(gap.chair.name), begins)
    return GAP.format(gap.chair.pk, f"{gap.starts_at:%H%M}", begins, escape(free), fit)
