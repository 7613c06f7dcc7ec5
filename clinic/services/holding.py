"""Hold just the times that were quoted, for a patient who is thinking it over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from clinic.models import Patient, Proposal, Protocol, Site
from clinic.selectors.forecast import is_follow_up
from clinic.services import audit, booking


class QuoteLost(Exception):
    """The quoted times cannot be had any more, or not by this patient; nothing is held."""


def hold(
    *,
    patient: Patient,
    protocol: Protocol,
    site: Site,
    request: dict[str, Any],
    starts: Sequence[str],
    by: audit.Actor,
    now: datetime,
) -> Proposal:
    """Propose a course at the quoted starts, and keep it for a day.

    A plan that the request leads to by itself is taken as it is; else every session is fixed where it was quoted.

    Raises QuoteLost, InvalidRequest, and Busy.
    """
    wanted: dict[str, Any] = {"patient": patient, "protocol": protocol, "site": site, "by": by, "now": now}
    offered = booking.propose(**wanted, request=request)
    kind = _kind_at(offered, starts)
    if kind is None:
        fixed = request | {"fixed": [{"start": start} for start in starts]}
        try:
            offered = booking.propose(**wanted, request=fixed, replaces=offered)
        except booking.InvalidRequest:
            booking.release(proposal=offered, by=by, now=now)
            raise QuoteLost from None
        kind = _kind_at(offered, starts)
    if kind is None:
        booking.release(proposal=offered, by=by, now=now)
        raise QuoteLost
    return booking.keep(proposal=offered, plan_kind=kind, by=by, now=now)


def _kind_at(proposal: Proposal, starts: Sequence[str]) -> str | None:
    """Return the kind of the plan of a proposal that stands at just these starts, if there is one."""
    for plan in proposal.plans:
        main = [session["starts_at"] for session in plan["sessions"] if not is_follow_up(session)]
        if main and main == list(starts):
            return str(plan["kind"])
    return None
