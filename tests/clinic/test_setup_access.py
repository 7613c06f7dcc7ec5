"""Who may set up the clinic: a practice manager of the same site and an administrator, and nobody else."""

from datetime import date

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from clinic.frontdesk.commands import commands
from clinic.models import Absence, Closure
from clinic.models.people import Role
from clinic.permissions import SETUP, may

from .builders import at, make_user

pytestmark = pytest.mark.usefixtures("clock")

# Every page, by what its address needs and how it is sent.
PAGES = {
    "home": ("get", ""),
    "first": ("get", ""),
    "step": ("get", "step"),
    "new-site": ("get", ""),
    "site": ("get", "site"),
    "site-state": ("post", "site"),
    "chairs": ("get", "site"),
    "rota": ("get", "site"),
    "time-off": ("get", "site"),
    "holiday": ("post", "holiday"),
    "remove-absence": ("post", "absence"),
    "remove-closure": ("post", "closure"),
    "chair": ("get", "chair"),
    "chair-state": ("post", "chair"),
    "chair-calendars": ("post", "chair"),
    "accounts": ("get", ""),
    "account": ("get", "account"),
    "account-state": ("post", "account"),
    "protocols": ("get", ""),
    "new-protocol": ("get", ""),
    "protocol": ("get", "protocol"),
    "protocol-state": ("post", "protocol"),
    "people": ("get", ""),
    "people-of": ("get", "kind"),
    "person": ("get", "person"),
    "person-state": ("post", "person"),
    "technician-calendars": ("post", "technician"),
}
ABOUT_ONE_CLINIC = [name for name, (_, needs) in PAGES.items() if needs not in ("", "step", "kind", "protocol")]


@pytest.fixture
def address(clinic, chairs, technicians, protocol, imogen):
    """Build the address of a page about the clinic in Harbour Street."""
    span = {"starts_at": at("2026-12-01", "00:00"), "ends_at": at("2026-12-02", "00:00")}
    closure = Closure.objects.create(site=clinic, **span)
    absence = Absence.objects.create(technician=technicians[0], **span)
    arguments = {
        "": [],
        "step": ["clinic"],
        "site": [clinic.uid],
        "chair": [chairs[0].uid],
        "protocol": [protocol.slug],
        "account": [imogen.uid],
        "kind": ["technician"],
        "person": ["technician", technicians[0].uid],
        "technician": [technicians[0].uid],
        "absence": [clinic.uid, absence.pk],
        "closure": [closure.pk],
        "holiday": [clinic.uid, date(2026, 12, 25)],
    }
    return lambda name: reverse(f"frontdesk:setup:{name}", args=arguments[PAGES[name][1]])


def signed_in(*sites, **fields):
    client = Client()
    client.force_login(make_user(*sites, **fields))
    return client


def send(client, name, url):
    return getattr(client, PAGES[name][0])(url)


def test_every_page_of_the_set_up_is_tried_here():
    desk = dict(get_resolver().namespace_dict)["frontdesk"][1]

    assert {pattern.name for pattern in desk.namespace_dict["setup"][1].url_patterns} == PAGES.keys()


@pytest.mark.parametrize("name", PAGES)
def test_a_visitor_is_sent_to_the_sign_in_page(address, name):
    answer = send(Client(), name, address(name))

    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.TECHNICIAN, Role.PRESCRIBER])
@pytest.mark.parametrize("name", PAGES)
def test_nobody_else_of_the_clinic_sets_it_up(address, clinic, name, role):
    assert send(signed_in(clinic, role=role), name, address(name)).status_code == 403


@pytest.mark.parametrize("name", ABOUT_ONE_CLINIC)
def test_the_manager_of_another_clinic_finds_nothing(address, other_site, name):
    assert send(signed_in(other_site, role=Role.MANAGER), name, address(name)).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_the_manager_of_the_clinic_and_an_administrator_come_in(address, clinic, name):
    for client in (signed_in(clinic, role=Role.MANAGER), signed_in(role=Role.ADMINISTRATOR)):
        assert send(client, name, address(name)).status_code in (200, 302, 404 if PAGES[name][0] == "post" else 200)


def test_only_who_may_set_up_sees_the_way_there(clinic):
    assert b"/setup/" in signed_in(clinic, role=Role.MANAGER).get("/patients/").content
    assert b"/setup/" not in signed_in(clinic).get("/patients/").content


def test_a_manager_who_has_left_sets_nothing_up(clinic):
    assert not may(make_user(clinic, role=Role.MANAGER, is_active=False), SETUP)


def test_a_manager_does_not_read_the_people_of_another_clinic(address, clinic, other_site):
    page = signed_in(other_site, role=Role.MANAGER).get(address("people")).content.decode()

    assert "Ana Reyes" not in page


@pytest.mark.parametrize(
    "what", ["people/dancer/", "first/nowhere/", "sites/1/", "chairs/x/", "closures/99999999999999999999/remove/"]
)
def test_an_address_that_means_nothing_is_a_kind_page(clinic, what):
    answer = signed_in(clinic, role=Role.MANAGER).post(f"/setup/{what}")

    assert answer.status_code == 404


def test_the_week_of_the_rota_may_be_any_text(clinic):
    client = signed_in(clinic, role=Role.MANAGER)

    for week in ("", "x", "2026-13-45", "0001-01-01", "9999-12-31", str(date(2026, 12, 24))):
        assert client.get(reverse("frontdesk:setup:rota", args=[clinic.uid]), {"week": week}).status_code == 200


def test_the_set_up_is_found_by_its_words_by_whoever_may_open_it(clinic):
    ruth, imogen = make_user(clinic, role=Role.MANAGER), make_user(clinic)
    today = date(2026, 11, 20)

    found = [command.address for command in commands("rota", user=ruth, today=today)]

    assert reverse("frontdesk:setup:home") in found
    assert not commands("rota", user=imogen, today=today)
