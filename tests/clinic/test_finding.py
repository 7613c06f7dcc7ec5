"""The search field: patients by whatever is known of them, with a wrong letter too, and the pages of the desk."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from clinic.frontdesk.births import births_in
from clinic.frontdesk.commands import commands
from clinic.models import PatientKey
from clinic.models.people import Role
from clinic.selectors.finding import find_patients
from clinic.selectors.spelling import misspelt
from clinic.services import patients as services
from clinic.services.audit import Actor

from .builders import NOW, make_patient, make_user
from .pages import HTMX, page_of

pytestmark = pytest.mark.usefixtures("clock")
TODAY = NOW.date()


@pytest.fixture
def people(site):
    """People whose names are easily mistyped."""
    names = (
        ("Okonjo", "Margaret", "10042", "0117 496 0123"),
        ("van der Berg", "Jürgen", "A 77/3", "+44 1632 960 241"),
        ("O’Brien-Łuczak", "Søren", "P0-9", "(01632) 960-555"),
        ("Müller", "Zoë", "88", ""),
        ("Li", "Wei", "89", ""),
        ("Muñoz", "José María", "90", ""),
    )
    return {
        family: make_patient(site, family_name=family, given_name=given, number=number, phone=phone)
        for family, given, number, phone in names
    }


def found(text, user, **options):
    return [patient.family_name for patient in find_patients(text, user=user, now=NOW, **options).patients]


@pytest.mark.parametrize(
    "typed, family",
    [
        ("margaret okonjo", "Okonjo"),
        ("OKON marg", "Okonjo"),
        ("okunjo", "Okonjo"),
        ("oknojo", "Okonjo"),
        ("okonnjo", "Okonjo"),
        ("konjo", "Okonjo"),
        ("okojo margart", "Okonjo"),
        ("m okonjo", "Okonjo"),
        ("akonjo m", "Okonjo"),
        ("mragarte", "Okonjo"),
        ("vanderberg", "van der Berg"),
        ("van der berg jurgen", "van der Berg"),
        ("juergen berg", "van der Berg"),
        ("obrien luczak", "O’Brien-Łuczak"),
        ("o'brien", "O’Brien-Łuczak"),
        ("o brien", "O’Brien-Łuczak"),
        ("soren", "O’Brien-Łuczak"),
        ("mueller", "Müller"),
        ("MULLER ZOE", "Müller"),
        ("li", "Li"),
        ("wei li", "Li"),
        ("munoz jose", "Muñoz"),
        ("maria munos", "Muñoz"),
        ("10042", "Okonjo"),
        ("a77/3", "van der Berg"),
        ("A 77 3", "van der Berg"),
        ("01632 960241", "van der Berg"),
        ("0044 1632 960 241", "van der Berg"),
        ("01632960555", "O’Brien-Łuczak"),
        ("960 555", "O’Brien-Łuczak"),
        ("60123", "Okonjo"),
    ],
)
def test_a_patient_is_found_however_the_name_is_typed(people, imogen, typed, family):
    assert found(typed, imogen) == [family]


@pytest.mark.parametrize("typed", ["okra", "xx", "margaret smith", "zoe okonjo", "99999999", "wai", "%", "_", "'", "#"])
def test_nobody_is_found_who_is_not_meant(people, imogen, typed):
    assert found(typed, imogen) == []


def test_who_is_spelt_so_comes_before_who_is_only_alike(site, imogen):
    make_patient(site, family_name="Hansen")
    exact = find_patients("hansen", user=imogen, now=NOW)
    make_patient(site, family_name="Hanson")
    near = find_patients("hanzen", user=imogen, now=NOW)

    assert [patient.family_name for patient in exact.patients] == ["Hansen"]
    assert not exact.is_near
    assert near.is_near
    assert [patient.family_name for patient in near.patients] == ["Hansen"]


def test_a_corrected_name_is_found_and_the_old_one_is_not(people, imogen, now):
    services.update(patient=people["Okonjo"], by=Actor.of_user(imogen), now=now, family_name="Whitfield", phone="")

    assert found("witfield", imogen) == ["Whitfield"]
    assert found("okonjo", imogen) == []
    assert found("0117 496 0123", imogen) == []


def test_the_keys_of_a_patient_who_could_not_be_saved_are_not_kept(people, imogen, now):
    keys = PatientKey.objects.count()

    with pytest.raises(services.InvalidPatient):
        services.update(patient=people["Okonjo"], by=Actor.of_user(imogen), now=now, family_name="Roe", number="88")

    assert PatientKey.objects.count() == keys
    assert found("okonjo", imogen) == ["Okonjo"]


@pytest.mark.parametrize("typed", ["okonjo", "okunjo", "10042", "0117 496 0123", "12 apr 1968", "onj"])
def test_paul_finds_nobody_of_another_clinic(people, paul, other_desk, typed):
    assert found(typed, paul) == []
    assert "OKONJO" not in page_of(other_desk.get("/patients/", {"q": typed}, headers=HTMX))
    assert "OKONJO" not in page_of(other_desk.get("/patients/", {"q": typed}))


def test_a_visitor_who_searches_is_sent_to_the_sign_in_page(people):
    answer = Client().get("/patients/", {"q": "okonjo"}, headers=HTMX)

    assert answer["HX-Redirect"].startswith("/accounts/login/")
    assert b"OKONJO" not in answer.content


@pytest.mark.parametrize(
    "typed, rest, dates",
    [
        ("14/5/1971", "", ["1971-05-14"]),
        ("5/14/1971", "", ["1971-05-14"]),
        ("5/4/1971", "", ["1971-04-05", "1971-05-04"]),
        ("1971-05-14", "", ["1971-05-14"]),
        (
            "14.5.71",
            "",
            [
                "1971-05-14",
            ][:1],
        ),
        ("14051971", "", ["1971-05-14"]),
        ("14th May 1971", "", ["1971-05-14"]),
        ("okonjo May 14, 1971", "okonjo", ["1971-05-14"]),
        ("okonjo 14 may 1971 margaret", "okonjo margaret", ["1971-05-14"]),
        ("77/3", "77/3", []),
        ("31/2/1971", "31/2/1971", []),
        ("3 dec", "3 dec", []),
    ],
)
def test_a_date_of_birth_is_read_in_whatever_form_it_is_written(typed, rest, dates):
    assert births_in(typed, TODAY) == (rest, tuple(date.fromisoformat(day) for day in dates))


def test_a_name_and_a_date_of_birth_narrow_each_other(site, imogen):
    mina = make_patient(site, given_name="Mina", date_of_birth=date(1971, 5, 14))
    make_patient(site, given_name="Mina", date_of_birth=date(1980, 5, 14))

    assert find_patients("mina", user=imogen, now=NOW, births=[date(1971, 5, 14)]).patients == (mina,)


@pytest.mark.parametrize(
    "typed, name, arguments",
    [
        ("day 3 dec", "day", ["2026-12-03"]),
        ("3 dec", "day", ["2026-12-03"]),
        ("tue", "day", ["2026-11-24"]),
        ("tomorrow", "day", ["2026-11-21"]),
        ("register", "register", []),
        ("disruption", "disruptions", []),
        ("report", "report", []),
        ("chair down", "report", []),
        ("waiting", "waiting", []),
        ("risk", "risks", []),
        ("earliest start", "capacity", []),
    ],
)
def test_a_command_leads_to_its_page(imogen, typed, name, arguments):
    addresses = [command.address for command in commands(typed, user=imogen, today=TODAY)]

    assert reverse(f"frontdesk:{name}", args=arguments) in addresses


def test_every_command_opens_a_page_that_exists(desk, imogen):
    for typed in ("day", "patients", "register", "disruption", "risk", "waiting", "capacity", "account", "factor"):
        for command in commands(typed, user=imogen, today=TODAY):
            assert desk.get(command.address, follow=True).status_code == 200, command


def test_the_only_meaning_opens_at_once(desk, people):
    assert desk.get("/patients/", {"q": "day 3 dec"})["Location"] == "/day/2026-12-03/"
    assert desk.get("/patients/", {"q": "capacity"})["Location"] == "/capacity/"
    booking = desk.get("/patients/", {"q": "book okonjo"})
    assert booking["Location"] == reverse("frontdesk:book", args=[people["Okonjo"].uid])


def test_registering_somebody_keeps_the_name_that_was_typed(desk, people):
    assert desk.get("/patients/", {"q": "register Mina Farrokh"})["Location"] == "/patients/new/?name=Mina+Farrokh"


def test_a_name_that_is_only_alike_is_shown_and_never_opened_unseen(desk, people):
    answer = desk.get("/patients/", {"q": "okunjo"})

    assert answer.status_code == 200
    assert "Nobody is spelt like" in page_of(answer)
    assert "OKONJO, Margaret" in page_of(answer)


def test_somebody_called_book_is_not_taken_for_a_command(desk, site):
    book = make_patient(site, family_name="Book", given_name="Ann")

    for typed in ("book", "book ann", "ann book"):
        page = desk.get("/patients/", {"q": typed}, follow=True)
        assert "BOOK, Ann" in page_of(page), typed
    assert page.redirect_chain[-1][0] == reverse("frontdesk:patient", args=[book.uid])


def test_a_technician_is_offered_nothing_that_the_role_forbids(site, people):
    technician = make_user(site, role=Role.TECHNICIAN)
    client = Client()
    client.force_login(technician)

    assert not commands("register", user=technician, today=TODAY)
    assert "/book/" not in page_of(client.get("/patients/", {"q": "book okonjo"}, headers=HTMX))


def test_the_list_below_the_field_has_a_few_with_birth_and_number(desk, site, people):
    for _ in range(12):
        make_patient(site, family_name="Okonkwo")

    page = page_of(desk.get("/patients/", {"q": "okon"}, headers=HTMX))

    assert page.count('role="option"') == 8
    assert "There are more" in page
    assert "<html" not in page
    assert "born 01-Jan-1970, no. 10042" in page


@pytest.mark.parametrize(
    "typed", ["okon", "okunjo margarte", "nobody here", "10042", "0117 496 0123", "14 may 1971", "book okonjo", "3 dec"]
)
def test_the_number_of_queries_of_a_search_is_small_and_does_not_grow(
    desk, site, people, django_assert_max_num_queries, typed
):
    for _ in range(20):
        make_patient(site, family_name="Okonjo", given_name="Margaret")

    with django_assert_max_num_queries(8):
        desk.get("/patients/", {"q": typed}, headers=HTMX)


@pytest.mark.parametrize(
    "typed, name, wrong",
    [
        ("okon", "okonjo", 0),
        ("okunjo", "okonjo", 1),
        ("oknojo", "okonjo", 1),
        ("okojo", "okonjo", 1),
        ("abc", "xyz", 3),
    ],
)
def test_wrong_letters_are_counted(typed, name, wrong):
    assert misspelt(typed, name) == wrong
