"""Fill an empty database with an invented clinic."""

import secrets
from argparse import ArgumentParser
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from clinic import planning
from clinic.models import Course, Patient, PatientLink, Site
from clinic.models.courses import CourseStatus
from clinic.services import access, invented_clinic, invented_demand, protocols
from clinic.services.audit import Actor
from clinic.services.invented_waiting import add_waiting
from scheduler import demo

KNOWN_PASSWORD = "linden-street-demo"
LABEL = "demo"
WEEKS_BACK, WEEKS_AHEAD = 16, 40
MISSED = 0.045  # of the sessions; clinics that remind their patients miss 4.4 to 5.8 % (PubMed 30130032)


class Command(BaseCommand):
    """Open the invented clinic, and say how to sign in."""

    help = "Fill an empty database with an invented clinic: four chairs, about 80 courses, three months of history."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read the seed, and the word that invented data are wanted."""
        parser.add_argument("--seed", type=int, default=1, help="another number makes another clinic (default: 1)")
        parser.add_argument(
            "--yes-invented-data", action="store_true", help="fill this empty database although it is not a demo's"
        )

    def handle(self, *, seed: int, yes_invented_data: bool, **options: Any) -> None:
        """Fill the database once; a second run only shows how to sign in."""
        if not (settings.DEMO or yes_invented_data):
            raise CommandError("This fills a database with invented people. Set METRONOME_DEMO=1 if you want that.")
        now, password = timezone.now(), KNOWN_PASSWORD if settings.DEMO else secrets.token_urlsafe(12)
        is_new = not invented_clinic.is_open()
        if is_new and not invented_clinic.is_empty():
            raise CommandError("This database is in use. The invented clinic goes into an empty one only.")
        with transaction.atomic():
            if is_new:
                self.fill(now, password, seed)
            self.say(now, password if is_new or settings.DEMO else "(shown when the clinic was made)")

    def fill(self, now: datetime, password: str, seed: int) -> None:
        """Open the clinic, install the catalogue and book the courses."""
        protocols.install_catalogue()
        site = invented_clinic.open_site(demo.small_clinic(), now=now, password=password)
        today = now.astimezone(site.zone).date()
        first, last = today - timedelta(weeks=WEEKS_BACK), today + timedelta(weeks=WEEKS_AHEAD)
        clinic, _ = planning.load(site=site, first=first, last=last, now=now)
        diary, random = demo.booked_demo_diary(today, seed, clinic, missed=MISSED), Random(seed)
        courses = [
            invented_clinic.InventedCourse(patient_name=item.patient_name, request=item.request, sessions=item.sessions)
            for item in demo.with_follow_ups(diary).courses
        ]
        courses += invented_demand.fill_up(tuple(courses), clinic, today=today, random=random)
        invented_clinic.fill(site, courses, now=now, random=random)
        invented_clinic.add_margaret(site, now=now)
        add_waiting(site, now=now, random=random)

    def say(self, now: datetime, password: str) -> None:
        """Show who can sign in, and where."""
        site = Site.objects.get(name=invented_clinic.SITE_NAME)
        active = Course.objects.filter(site=site, status=CourseStatus.ACTIVE)
        margaret = Patient.objects.get(number=invented_clinic.MARGARETS_NUMBER)
        running = active.filter(sessions__starts_at__gt=now + timedelta(weeks=2)).order_by("pk").first()
        lines = [
            f"{site.name} and everybody in it is invented: {site.chairs.count()} chairs, {active.count()} courses.",
            "",
            "Front desk     " + settings.BASE_URL + "/",
            f"  sign in as   {invented_clinic.FRONT_DESK}",
            f"  password     {password}",
            f"  for set-up   {invented_clinic.MANAGER}, same password",
        ]
        for patient in [margaret, running.patient] if running else [margaret]:
            lines += [
                f"Patient        {self.link(patient, now)}",
                f"  {patient.name}, born {patient.date_of_birth:%-d %B %Y}",
            ]
        self.stdout.write("\n".join(lines))

    def link(self, patient: Patient, now: datetime) -> str:
        """Make a private link anew; the one of the run before stops working, since nobody can read it any more."""
        by = Actor.of_command("demo")
        for old in PatientLink.objects.filter(patient=patient, label=LABEL, revoked_at=None):
            access.revoke_link(link=old, by=by, now=now)
        _, secret = access.new_patient_link(patient=patient, label=LABEL, by=by, now=now)
        return f"{settings.BASE_URL}/my/{secret}/"
