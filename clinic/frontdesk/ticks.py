"""Who is ticked on a plan: whoever needs no call or has agreed, until somebody ticks otherwise while noting calls."""

from collections.abc import Iterable
from uuid import UUID

from clinic.models import Replan
from clinic.models.disruptions import CallState, Contact
from clinic.selectors.replans import ReplanView

from .staff import StaffRequest

KEPT = "ticks"  # of one plan only, so that what a session keeps stays small


def ticked(request: StaffRequest, view: ReplanView) -> set[UUID]:
    """Return the courses that are ticked when the page is shown."""
    kept = request.session.get(KEPT, {})
    if kept.get("plan") == _name(view.replan):
        return {UUID(text) for text in kept["courses"]}
    return {row.course.uid for row in view.courses if row.contact != Contact.CALL or row.call == CallState.AGREED}


def keep(request: StaffRequest, view: ReplanView, *, noted: UUID, call: str, sent: Iterable[UUID] | None) -> None:
    """Remember who was ticked when a call was noted; whoever has agreed is from then on, nobody else who was called.

    From a page without ticks none are `sent`.
    """
    before = ticked(request, view) if sent is None else set(sent)
    after = before | {noted} if call == CallState.AGREED else before - {noted}
    request.session[KEPT] = {"plan": _name(view.replan), "courses": sorted(map(str, after))}


def _name(replan: Replan) -> str:
    """Name an answer: a better one that is found meanwhile begins anew."""
    return f"{replan.uid} {replan.revision}"
