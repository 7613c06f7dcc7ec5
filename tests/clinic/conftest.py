"""The clinic that every test may ask for, and the people in it."""

from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Chair, OutboundMessage, Patient, Prescriber, Protocol, Site, Technician, User
from clinic.services import booking, disruption, what_if
from clinic.services.audit import Actor

from .builders import (
    NOW,
    WEDNESDAY,
    at,
    make_chair,
    make_course,
    make_course_of_three,
    make_patient,
    make_prescriber,
    make_protocol,
    make_session,
    make_site,
    make_technician,
    make_user,
)


@pytest.fixture
def now() -> datetime:
    """Friday 20 November 2026, 09:00 in London."""
    return NOW


@pytest.fixture
def site(db: None) -> Site:
    return make_site(name="Harbour Street Clinic")


@pytest.fixture
def other_site(db: None) -> Site:
    """A site with which Imogen has nothing to do."""
    return make_site(name="Moor Lane Clinic", public_name="The Moor Rooms")


@pytest.fixture
def chairs(site: Site) -> list[Chair]:
    return [make_chair(site, name=f"Chair {number}", position=number) for number in range(1, 5)]


@pytest.fixture
def technicians(site: Site) -> list[Technician]:
    return [
        make_technician(site, name=name) for name in ("Ana Reyes", "Ben Okafor", "Chloe Lim", "Dev Nair", "Ewa Zak")
    ]


@pytest.fixture
def prescriber(site: Site) -> Prescriber:
    return make_prescriber(site, name="Dr Hanna Weiss")


@pytest.fixture
def protocol(db: None) -> Protocol:
    return make_protocol()


@pytest.fixture
def clinic(site: Site, chairs: list[Chair], technicians: list[Technician], prescriber: Prescriber) -> Site:
    """The whole site: four chairs, five technicians and a prescriber."""
    return site


@pytest.fixture
def imogen(site: Site) -> User:
    """The front desk of the site."""
    return make_user(site, email="imogen@example.org", name="Imogen Vale")


@pytest.fixture
def paul(other_site: Site) -> User:
    """The front desk of another site, who must see nothing of this one."""
    return make_user(other_site, email="paul@example.org", name="Paul Brandt")


@pytest.fixture
def desk(client: Client, imogen: User) -> Client:
    """A browser in which Imogen has signed in."""
    client.force_login(imogen)
    return client


@pytest.fixture
def other_desk(paul: User) -> Client:
    """A browser in which Paul has signed in."""
    client = Client()
    client.force_login(paul)
    return client


@pytest.fixture
def margaret(site: Site) -> Patient:
    return make_patient(
        site,
        number="10042",
        family_name="Okonjo",
        given_name="Margaret",
        date_of_birth=date(1968, 4, 12),
        email="margaret@example.org",
    )


@pytest.fixture
def pia(site: Site) -> Patient:
    return make_patient(
        site, number="10043", family_name="Lindqvist", given_name="Pia", date_of_birth=date(1979, 9, 3), channel="sms"
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """A clock that a test can put forward."""
    moment = [NOW]
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment[0])
    return moment


@pytest.fixture
def asked(protocol: Protocol) -> dict[str, Any]:
    """What the desk sends to ask for a course."""
    return {
        "do": "find",
        "protocol": str(protocol.uid),
        "av": [f"{day}-{hour:02d}" for day in range(5) for hour in range(8, 18)],
        "earliest": "Mon 23 Nov 2026",
        "time": "830",
        **dict.fromkeys(("latest", "away", "chair", "technician", "units", "number"), ""),
        **dict.fromkeys(("authorised_from", "authorised_until"), ""),
    }


@pytest.fixture
def ask(desk: Client, clinic: Site, margaret: Patient, clock: list[datetime]) -> Any:
    """Send the form as the page does."""

    def send(data, patient=margaret, **options):
        return desk.post(reverse("frontdesk:book", args=[patient.uid]), data, **options)

    return send


@pytest.fixture
def by(imogen):
    return Actor.of_user(imogen)


@pytest.fixture
def courses(clinic, protocol, by, now):
    """Four people with ten daily sessions each, who all like half past eight."""
    found = []
    for name in ("Ada", "Bea", "Cleo", "Dina"):
        patient = make_patient(clinic, given_name=name)
        request = {"earliest_date": "2026-11-23", "time": "08:30"}
        offer = booking.propose(patient=patient, protocol=protocol, site=clinic, request=request, by=by, now=now)
        found.append(booking.book(proposal=offer, plan_kind=offer.plans[0]["kind"], by=by, now=now))
    OutboundMessage.objects.update(status="sent")
    return found


@pytest.fixture
def report(clinic, by, now):
    def say(**data):
        happening = disruption.read_happening(WEDNESDAY | data, site=clinic, now=now)
        return disruption.report(happening=happening, by=by, now=now)

    return say


@pytest.fixture
def propose(by, now):
    def plan(what, strategy="fewest-calls", at_time=now):
        return disruption.propose_replan(disruption=what, strategy=strategy, by=by, now=at_time)

    return plan


@pytest.fixture
def carry_out(by, now):
    def move(replan, courses=None, at_time=now, **options):
        return disruption.apply_courses(replan=replan, courses=courses, by=by, now=at_time, **options)

    return move


@pytest.fixture
def busy(clinic, margaret, protocol, chairs, technicians):
    """Margaret's three visits at half past eight on chair 1, in the week from Monday 23 November."""
    return make_course_of_three(margaret, protocol, chairs[0], technicians[0])


@pytest.fixture
def patience(monkeypatch):
    """Time enough for what these tests compare, however slow the machine."""
    monkeypatch.setattr(what_if, "SECONDS", 60)


@pytest.fixture
def book_today(clinic, protocol, chairs, technicians):
    """Book somebody at a time of today; without a chair if that is None."""

    def booked(clock, chair=0, family_name="Okonjo", **fields):
        patient = make_patient(clinic, family_name=family_name, given_name="Margaret")
        seat, technician = (None, None) if chair is None else (chairs[chair], technicians[chair])
        return make_session(make_course(patient, protocol), seat, technician, at("2026-11-20", clock), **fields)

    return booked
