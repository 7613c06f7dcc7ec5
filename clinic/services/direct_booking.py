"""Booking in one step, for programs: plan and book under one lock, so that nobody comes in between."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from clinic.models import Course, Patient, Proposal, Protocol, Site

from .audit import Actor
from .booking import book, propose


class CourseDoesNotFit(Exception):
    """No plan places the whole course; `plan` says why in its `unplaced`."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        super().__init__("No plan has room for the whole course.")
        self.plan = plan


class NoSuchPlan(Exception):
    """The proposal has no plan of this kind; `kinds` are those that it has."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        super().__init__(f"There is no such plan. Choose from: {', '.join(kinds)}.")
        self.kinds = kinds


def plan_and_book(
    *,
    patient: Patient,
    protocol: Protocol,
    site: Site,
    request: Mapping[str, Any],
    plan_kind: str | None,
    by: Actor,
    now: datetime,
) -> Course:
    """Plan a course and book the plan of one kind, or the best when none is named: all sessions or none.

    Raises CourseDoesNotFit, NoSuchPlan, and what `propose` and `book` raise.
    """
    with transaction.atomic():
        Site.objects.select_for_update(no_key=True).get(pk=site.pk)
        proposal = propose(patient=patient, protocol=protocol, site=site, request=dict(request), by=by, now=now)
        return book(proposal=proposal, plan_kind=chosen_kind(proposal, plan_kind), by=by, now=now)


def chosen_kind(proposal: Proposal, plan_kind: str | None) -> str:
    """Return the kind of plan to book: the wanted one, or the best."""
    best = proposal.plans[0]
    if not best["sessions"]:
        raise CourseDoesNotFit(best)
    kinds = tuple(plan["kind"] for plan in proposal.plans)
    if plan_kind is not None and plan_kind not in kinds:
        raise NoSuchPlan(kinds)
    return plan_kind or kinds[0]
