"""The rows of a day's list, drawn in Python like the blocks of its board: there are hundreds of them, too."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django import template
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clinic.models.courses import SessionStatus
from clinic.selectors.day_gaps import Gap
from clinic.selectors.day_rows import Row
from clinic.selectors.day_states import Standing
from clinic.selectors.diary import DayList
from clinic.selectors.written import clock

from .board import filling, fitting, notes_on, number_of, state_icon
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
NOW = '<li class="nowmark" id="now">{}</li>'


@register.simple_tag(takes_context=True)
def day_rows(context: template.Context, rows: Iterable[Row]) -> SafeString:
    """Draw the rows of a day's list as the page shows them, with buttons for whoever may press them."""
    pen = _Pen(
        page=context["page"],
        now=context["now"],
        choose=context["choose"],
        initials=context["initials"],
        may_attend=bool(context["keys"]),
        may_move=context["may_move"],
    )
    return SafeString("\n".join(pen.gap(row.gap) if row.gap else pen.session(row) for row in rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pen:
    """Hold what all rows of one page have in common."""

    page: DayList
    now: datetime
    choose: str
    initials: bool
    may_attend: bool
    may_move: bool

    def session(self, row: Row) -> str:
        one = row.standing
        assert one is not None
        session, site = one.session, self.page.site
        who, begins = (
            escape(called(session.patient, self.initials)),
            escape(clock(session.starts_at.astimezone(site.zone))),
        )
        person = reverse("frontdesk:patient", args=[session.patient.uid])
        more = _("Say more about session %(number)s of %(patient)s")
        more %= {"number": session.number, "patient": called(session.patient, self.initials)}
        drawn = ROW.format(
            *(session.status, session.pk, begins, person, who, escape(self._facts(one))),
            *(one.state, state_icon(one.state), escape(one.said), self._acts(row, who, begins)),
            *(escape(self.choose), session.pk, icon("info"), escape(more)),
        )
        if not row.is_next:
            return drawn
        now = _("%(now)s now") % {"now": clock(self.now.astimezone(site.zone))}
        return NOW.format(escape(now)) + drawn

    def _facts(self, one: Standing) -> str:
        session = one.session
        places = (session.chair, session.technician, session.prescriber)
        chair, *people = (place.name if place else "" for place in places)
        minutes = _("%(minutes)s min") % {"minutes": session.minutes}
        facts = (chair, number_of(one), minutes, *people)
        return ", ".join(fact for fact in facts if fact) + notes_on(one, self.page.site)

    def _acts(self, row: Row, who: str, begins: str) -> str:
        one = row.standing
        assert one is not None
        session = one.session
        acts = [
            ACT.format(
                *(say.status, session.pk, session.version, state_icon(say.status), escape(say.word), who, begins)
            )
            for say in row.says
            if self.may_attend
        ]
        if self.may_move and session.status in MISSED and session.kind != "follow-up":
            address = reverse("frontdesk:make-up", args=[session.uid])
            number = _("session %(number)s") % {"number": session.number}
            acts.append(MAKE_UP.format(address, icon("undo"), escape(_("Make up")), who, escape(number)))
        return "".join(acts)

    def gap(self, gap: Gap) -> str:
        begins, ends = escape(clock(gap.starts_at)), clock(gap.ends_at)
        free = _("%(name)s free until %(ends_at)s, %(minutes)s min")
        free %= {"name": gap.chair.name, "ends_at": ends, "minutes": gap.minutes}
        fit = f'<span class="fs muted">{escape(fitting(0))}</span>'
        if gap.fits:
            fit = FIT.format(escape(filling(gap, self.page)), escape(fitting(gap.fits)), escape(gap.chair.name), begins)
        return GAP.format(gap.chair.pk, f"{gap.starts_at:%H%M}", begins, escape(free), fit)
