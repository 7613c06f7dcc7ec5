"""The invented clinic that `demo` opens."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from clinic.models import Course, Occupancy, Patient, Protocol, Referral, Session, Site

from .builders import make_site


@pytest.fixture
def demo(db, settings):
    settings.DEMO = True

    def run(*options: str) -> str:
        out = StringIO()
        call_command("demo", *options, stdout=out)
        return out.getvalue()

    return run


def rows() -> list[int]:
    return [model.objects.count() for model in (Site, Patient, Protocol, Course, Session, Occupancy)]


def test_the_demo_opens_a_busy_clinic_once_and_says_how_to_sign_in(demo):
    said = demo()
    before = rows()

    site = Site.objects.get()
    assert (site.chairs.count(), site.shifts.exclude(technician=None).count(), site.holiday_region) == (4, 5, "ENG")
    assert 65 <= Course.objects.filter(status="active").count() <= 110
    assert Session.objects.filter(status="fulfilled").count() > 2000
    assert {"noshow", "cancelled", "booked"} <= set(Session.objects.values_list("status", flat=True))
    margaret = Patient.objects.get(number="004118")
    assert margaret.courses.get().request["availability"].startswith("Mon-Fri ")

    assert Referral.objects.filter(proposal=None, withdrawn_at=None).count() == 14
    assert {"awaited", "granted"} <= set(Referral.objects.values_list("authorisation", flat=True))

    email, password = re.search(r"sign in as +(\S+)\s+password +(\S+)", said).groups()
    assert Client().login(email=email, password=password)
    secrets = re.findall(r"/my/([\w-]{40,})/", said)
    assert len(secrets) == 2

    again = demo()
    assert rows() == before
    assert (email in again, password in again) == (True, True)
    assert not set(re.findall(r"/my/([\w-]{40,})/", again)) & set(secrets)


def test_the_demo_leaves_a_clinic_in_use_alone(demo):
    make_site()

    with pytest.raises(CommandError, match="in use"):
        demo()


def test_invented_people_come_only_when_they_are_asked_for(db, settings):
    settings.DEMO = False

    with pytest.raises(CommandError, match="METRONOME_DEMO=1"):
        call_command("demo")
    assert rows() == [0] * 6
