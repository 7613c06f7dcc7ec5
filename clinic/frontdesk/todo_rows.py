"""What waits, as rows: what it is, whom it is about, what is known, and the one thing to do next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.models import DeskTask, Patient, Site
from clinic.models.contacts import TaskKind
from clinic.models.courses import SessionStatus
from clinic.selectors.messages import Undelivered, Unreached
from clinic.selectors.replans import span
from clinic.selectors.risks import CourseAtRisk, RiskLine
from clinic.selectors.todo import OWN_LISTS, HeldTimes, OpenDisruption, ToDo
from clinic.selectors.written import moment

from .risks import Step, step_for

MOST_SHOWN = 8
MOVING = (TaskKind.CANNOT_COME, TaskKind.MOVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Hold what the reader may do, so that no step is offered in vain."""

    move: bool
    book: bool
    disrupt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Hold one thing to do; a step that `posts` is done by its button, any other leads to the page where it is done.

    `otherwise` is how to say that it has been seen to in another way; it always posts.
    """

    kind: str
    level: str  # "bad", "warn" or "flat"
    name: str
    link: str
    lines: tuple[str, ...]
    phone: str = ""
    step: Step | None = None
    posts: bool = False
    otherwise: Step | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Hold the first rows of one kind under their title; `more` is the page that knows more about them."""

    name: str
    title: str
    total: int
    rows: tuple[Row, ...]
    more: str

    @property
    def left(self) -> int:
        """Return how many rows are not shown."""
        return self.total - len(self.rows)


Items = Sequence[Any]
Build = Callable[[Any, Site, Allowed], Row]


def sections_of(found: ToDo, site: Site, allowed: Allowed, whole: str = "") -> list[Section]:
    """Return what waits in the order in which it is worked through; kinds of which there is nothing are left out.

    Of each kind only the first rows are built, but of the one whose name is given as `whole` all.
    """
    by_code = found.by_code
    kinds: list[tuple[str, str, Items, Build, str]] = [
        ("asked", _("Patients ask"), found.tasks, _asked, "messages"),
        ("disruptions", _("Disruptions that are not settled"), found.disruptions, _disruption, "disruptions"),
        ("held", _("Times that are held, and run out"), found.held, _held, "waiting"),
        ("undelivered", _("Messages that were not delivered"), found.undelivered, _undelivered, "messages"),
        ("attendance", _("What became of the session?"), by_code["attendance-unknown"], _line, "risks"),
        ("decisions", _("Decisions that are due"), by_code["decision-due"], _line, "risks"),
        ("follow-ups", _("Follow-ups without a date"), by_code["follow-up-missing"], _line, "risks"),
        ("assessments", _("Assessments that are overdue"), by_code["assessment-overdue"], _line, "risks"),
        ("at-risk", _("Courses at risk"), found.at_risk, _course, "risks"),
        ("paper", _("Letters to print"), found.unreached, _letter, "messages"),
    ]
    return [
        Section(
            name=name,
            title=title,
            total=len(items),
            rows=tuple(build(item, site, allowed) for item in (items if name == whole else items[:MOST_SHOWN])),
            more=f"{reverse(f'frontdesk:{page}')}?site={site.uid}",
        )
        for name, title, items, build, page in kinds
        if items
    ]


def _asked(task: DeskTask, site: Site, allowed: Allowed) -> Row:
    session = task.session
    told = moment(task.created_at.astimezone(site.zone))
    if session:
        about = moment(session.starts_at.astimezone(session.site.zone))
        told = _("%(when)s, about the session of %(session)s") % {"when": told, "session": about}
    seen = Step(label=_("Done"), icon="check", address=reverse("frontdesk:task-done", args=[task.uid]))
    common = {"kind": capfirst(task.get_kind_display()), "level": "warn", **_person(task.patient)}
    common["lines"] = (told, *([f"“{task.words}”"] if task.words else []))
    if not allowed.move:
        return Row(**common, step=_look(task.patient))
    # Once the session has been moved, only saying so is left.
    stands = session is not None and session.status == SessionStatus.BOOKED and session.updated_at <= task.created_at
    if task.kind in MOVING and session and stands:
        move = Step(label=_("Find another time"), icon="move", address=reverse("frontdesk:move", args=[session.uid]))
        return Row(**common, step=move, otherwise=seen)
    return Row(**common, step=seen, posts=True)


def _disruption(left: OpenDisruption, site: Site, allowed: Allowed) -> Row:
    row = left.disruption
    address = reverse("frontdesk:disruption", args=[row.uid])
    lines = [f"{capfirst(row.get_kind_display())}, {span(row)}"]
    if left.waiting:
        lines.append(
            ngettext("%(number)d patient still to move", "%(number)d patients still to move", left.waiting)
            % {"number": left.waiting}
        )
    if left.nowhere:
        lines.append(
            ngettext("%(number)d patient has no place yet", "%(number)d patients have no place yet", left.nowhere)
            % {"number": left.nowhere}
        )
    if not allowed.disrupt:
        step = Step(label=_("Look at it"), icon="forward", address=address)
    elif not left.has_plan:
        step = Step(label=_("Make a plan"), icon="move", address=address)
    elif left.calls:
        label = ngettext("Go on: %(number)d call", "Go on: %(number)d calls", left.calls) % {"number": left.calls}
        step = Step(label=label, icon="phone", address=address)
    else:
        step = Step(label=_("Move them"), icon="move", address=address)
    return Row(kind=_("Not settled"), level="bad", name=row.what, link=address, lines=tuple(lines), step=step)


def _held(held: HeldTimes, site: Site, allowed: Allowed) -> Row:
    until = _("Until %(when)s") % {"when": moment(held.until.astimezone(site.zone))}
    common = {"kind": until, "level": "warn", **_person(held.patient), "lines": (held.protocol,)}
    if not allowed.book:
        return Row(**common, step=_look(held.patient))
    if held.referral:
        accept, decline = (reverse("frontdesk:referral", args=[held.referral.uid, do]) for do in ("accept", "decline"))
        return Row(
            **common,
            step=Step(label=_("Agreed: book it"), icon="check", address=accept),
            posts=True,
            otherwise=Step(label=_("Does not suit"), icon="cancel", address=decline),
        )
    if held.decision:
        decide = reverse("frontdesk:decisions", args=[held.decision.course.uid])
        return Row(**common, step=Step(label=_("Note the decision"), icon="forward", address=decide))
    assert held.proposal
    book = f"{reverse('frontdesk:book', args=[held.patient.uid])}?proposal={held.proposal.uid}"
    return Row(**common, step=Step(label=_("Look and confirm"), icon="book", address=book))


def _undelivered(item: Undelivered, site: Site, allowed: Allowed) -> Row:
    message = item.message
    common = {"kind": capfirst(message.get_channel_display()), "level": "bad", **_person(item.patient)}
    common["lines"] = tuple(str(line) for line in (item.about, message.last_error) if line)
    if not allowed.move:
        return Row(**common, step=_look(item.patient))
    again, phone = (reverse("frontdesk:message", args=[message.pk, do]) for do in ("again", "phone"))
    return Row(
        **common,
        step=Step(label=_("Done by phone"), icon="phone", address=phone),
        posts=True,
        otherwise=Step(label=_("Try again"), icon="undo", address=again),
    )


def _line(found: tuple[CourseAtRisk, RiskLine], site: Site, allowed: Allowed) -> Row:
    row, line = found
    return _risky(row, (line,), allowed)


def _course(row: CourseAtRisk, site: Site, allowed: Allowed) -> Row:
    return _risky(row, tuple(line for line in row.lines if line.code not in OWN_LISTS), allowed)


def _risky(row: CourseAtRisk, lines: tuple[RiskLine, ...], allowed: Allowed) -> Row:
    is_red = lines[0].level == "red"
    figures = _("%(protocol)s: %(done)d of %(total)d done") % {
        "protocol": row.course.protocol.name,
        "done": row.watch.done,
        "total": row.total,
    }
    return Row(
        kind=_("Now") if is_red else _("Soon"),
        level="bad" if is_red else "warn",
        **_person(row.course.patient),
        lines=(figures, *(line.sentence for line in lines)),
        step=step_for(row, lines[0], can_move=allowed.move, can_book=allowed.book),
    )


def _letter(item: Unreached, site: Site, allowed: Allowed) -> Row:
    visits = ngettext("%(number)d visit to come", "%(number)d visits to come", item.visits) % {"number": item.visits}
    address = reverse("frontdesk:letter", args=[item.patient.uid])
    return Row(
        kind=_("Changed") if item.had_paper else _("New"),
        level="flat",
        **_person(item.patient),
        lines=(f"{capfirst(item.why)}; {visits}",),
        step=Step(label=_("Letter"), icon="print", address=address),
    )


def _person(patient: Patient) -> dict[str, Any]:
    link = reverse("frontdesk:patient", args=[patient.uid])
    return {"name": str(patient), "link": link, "phone": patient.phone}


def _look(patient: Patient) -> Step:
    return Step(label=_("Look at it"), icon="person", address=reverse("frontdesk:patient", args=[patient.uid]))
