"""What messages say: looked up when they are sent, so that they tell how things stand then.

They hold the clinic's public name, dates, times, a phone number and a private link, and nothing about the treatment.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime

from clinic.models import OutboundMessage, Referral, Site
from clinic.models.courses import CourseStatus, SessionStatus
from clinic.notifications.channels import Letter
from clinic.notifications.words import short_date, spoken_date, spoken_time

WITHOUT_LINK = frozenset({"offered"})  # who has no appointment yet has nothing to look at
SUBJECT = "Your appointments at {clinic}"
Facts = dict[str, Any]


def facts_of(message: OutboundMessage, now: datetime) -> Facts | None:
    """Return what a message has to tell; None when it is no longer right, or the patient does not want to be told."""
    patient = message.patient
    reachable = {"email": patient.email, "sms": patient.phone}.get(patient.channel)
    facts = FACTS[message.template](message, now) if reachable else None
    site = site_of(message)
    return facts and facts | {"phone": site.phone, "clinic": " ".join(site.public_name.split())}


def site_of(message: OutboundMessage) -> Site:
    """Return the site whose name and clock a message uses: where the course is, wherever the patient is registered."""
    if message.course:
        return message.course.site
    referral = _referral(message)
    return referral.site if referral else message.patient.site


def letter_of(message: OutboundMessage, facts: Facts, link: str) -> Letter:
    """Write a message in the words of its channel; instants among the facts become dates and times of the site."""
    patient = message.patient
    by_sms = patient.channel == "sms"
    said = {"link": link}
    for name, fact in facts.items():
        said |= _said(name, fact, site_of(message), short=by_sms) if isinstance(fact, datetime) else {name: fact}
    return Letter(
        key=f"message-{message.pk}",
        to=patient.phone if by_sms else patient.email,
        subject=SUBJECT.format(**said),
        text=render_to_string(f"emails/{message.template}.{patient.channel}.txt", said).strip(),
    )


def _said(name: str, moment: datetime, site: Site, *, short: bool) -> dict[str, str]:
    local = moment.astimezone(site.zone)
    day = short_date(local) if short else spoken_date(local, year=True)
    return {f"{name}_date": day, f"{name}_time": spoken_time(local.time())}


def _booked(message: OutboundMessage, now: datetime) -> Facts | None:
    """Tell how many visits of a course are to come, and the first."""
    course = message.course
    if course is None or course.status != CourseStatus.ACTIVE:
        return None
    to_come = course.sessions.filter(status=SessionStatus.BOOKED, starts_at__gt=now).order_by("starts_at")
    starts = list(to_come.values_list("starts_at", flat=True))
    return {"count": len(starts), "first": starts[0]} if starts else None


def _moved(message: OutboundMessage, now: datetime) -> Facts | None:
    """Tell the old and the new time, while the visit still stands at the new one."""
    session, told = message.session, parse_datetime(message.data["to"])
    stands = session and session.status == SessionStatus.BOOKED and session.starts_at == told and told > now
    return {"was": parse_datetime(message.data["was"]), "to": told} if stands else None


def _cancelled(message: OutboundMessage, now: datetime) -> Facts | None:
    """Tell that the visits from a first one on are off."""
    course, first = message.course, parse_datetime(message.data["first"])
    stands = course and course.status == CourseStatus.REVOKED and first and first > now
    return {"count": message.data["count"], "first": first} if stands else None


def _offered(message: OutboundMessage, now: datetime) -> Facts | None:
    """Tell until when times are held, while they are."""
    referral = _referral(message)
    proposal = referral and referral.proposal
    is_this = proposal and str(proposal.uid) == message.data["proposal"] and proposal.course_id is None
    return {"until": proposal.expires_at} if proposal and is_this and proposal.expires_at > now else None


def _referral(message: OutboundMessage) -> Referral | None:
    """Return the referral that a message is about, if it is about one whose person still waits."""
    rows = Referral.objects.filter(uid=message.data.get("referral"), withdrawn_at=None)
    return rows.select_related("site", "proposal").first()


FACTS: dict[str, Callable[[OutboundMessage, datetime], Facts | None]] = {
    "booked": _booked,
    "changed": _booked,
    "moved": _moved,
    "cancelled": _cancelled,
    "offered": _offered,
}
