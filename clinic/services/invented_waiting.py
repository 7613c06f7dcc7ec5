"""Invented people who wait for a course: of different urgency, hours and protocols, since a few days or some weeks."""

from datetime import date, datetime, timedelta
from random import Random

from clinic.models import Protocol, Site
from clinic.models.people import Channel
from clinic.models.referrals import AuthorisationState, Priority
from clinic.services import patients, waiting_list
from clinic.services.audit import Actor

LONGEST_WAIT_DAYS = 40
BY = Actor.of_command("demo")
NAMES = (
    *("Agnes Whitlow", "Bashir Noor", "Clara Penrose", "Dmitri Volkov", "Esther Quaye", "Felix Arden", "Greta Lund"),
    *("Hamid Rezai", "Imani Otieno", "Jarek Mazur", "Keira Sloane", "Lorcan Daly", "Miriam Stern", "Nikhil Joshi"),
)
PROTOCOLS = ("standard-rtms-36", "rtms-20", "itbs-30", "pain-10-daily")
HOURS = (None, "Mon-Fri 08:00-12:00", "Mon-Fri 13:00-18:00", "Mon-Thu 09:00-17:00")
PRIORITIES = (Priority.ROUTINE, Priority.ROUTINE, Priority.ROUTINE, Priority.SOON, Priority.URGENT)
AUTHORISATIONS = (AuthorisationState.NOT_NEEDED, AuthorisationState.GRANTED, AuthorisationState.AWAITED)


def add_waiting(site: Site, *, now: datetime, random: Random) -> None:
    """Put invented people on the waiting list of a site."""
    protocols = {row.slug: row for row in Protocol.objects.filter(slug__in=PROTOCOLS, is_current=True)}
    for index, name in enumerate(NAMES):
        given, _, family = name.partition(" ")
        patient = patients.register(
            site=site,
            family_name=family,
            given_name=given,
            date_of_birth=date(1950, 1, 1) + timedelta(days=random.randrange(365 * 50)),
            phone=f"01632 960 {900 + index}",
            email=f"{given}.{family}@post.example".lower(),
            channel=random.choice((Channel.EMAIL, Channel.SMS, Channel.NONE)),
            by=BY,
            now=now,
        )
        waiting_list.refer(
            patient=patient,
            protocol=protocols[random.choice(PROTOCOLS)],
            site=site,
            request={"earliest_date": now.date().isoformat(), "availability": random.choice(HOURS)},
            by=BY,
            now=now - timedelta(days=random.randrange(LONGEST_WAIT_DAYS)),
            priority=random.choice(PRIORITIES),
            authorisation=random.choice(AUTHORISATIONS),
        )
