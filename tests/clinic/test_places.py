"""Each member of staff in a language of their own, and each clinic with its clock, its dates and its zone."""

import re
from contextlib import contextmanager
from datetime import date, datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from clinic.frontdesk.dates import read_birth, read_day, read_days, written
from clinic.models import AuditEntry, Site, User
from clinic.selectors import written as writing
from clinic.selectors.what_if import Question
from clinic.services import what_if

from .builders import NOW, make_chair, make_course, make_patient, make_session, make_site, make_technician, make_user
from .builders import at as moment
from .pages import page_of

TODAY = date(2026, 11, 20)  # a Friday
HALF_PAST_TWO = datetime(2026, 11, 20, 14, 30)  # noqa: DTZ001  on the wall of some clinic


@contextmanager
def at(language="en-gb", **habits):
    """Write as a page of a clinic does."""
    site = Site(**habits)
    with translation.override(language), writing.as_written_at(lambda: site):
        yield


@pytest.fixture
def boston(db):
    return make_site(name="Elm Street Clinic", timezone="America/New_York", clock="12", date_order="month")


@pytest.fixture
def lisbon(db):
    return make_site(name="Rua Nova Clinic", timezone="Europe/Lisbon")


@pytest.fixture
def traveller(site, boston, lisbon):
    """The manager of three clinics in three zones."""
    return make_user(site, boston, lisbon, email="tess@example.org", name="Tess Moor", role="manager")


@pytest.fixture
def tess(traveller, clock):
    client = Client()
    client.force_login(traveller)
    return client


@pytest.mark.parametrize(
    "language, habits, said",
    [
        ("en-gb", {}, ("Friday 20 November 2026", "Fri 20 Nov 14:30")),
        ("es", {}, ("viernes 20 de noviembre de 2026", "vie 20 nov 14:30")),
        ("en-gb", {"clock": "12"}, ("Friday 20 November 2026", "Fri 20 Nov 2:30 pm")),
        ("en-gb", {"clock": "12", "date_order": "month"}, ("Friday, November 20, 2026", "Fri, Nov 20 2:30 pm")),
        ("es", {"clock": "12", "date_order": "month"}, ("viernes 20 de noviembre de 2026", "vie 20 nov 2:30 pm")),
    ],
)
def test_a_moment_is_written_in_the_language_and_by_the_habits_of_the_clinic(language, habits, said):
    with at(language, **habits):
        assert (writing.written(HALF_PAST_TWO, "l j F Y"), writing.moment(HALF_PAST_TWO)) == said


@pytest.mark.parametrize("language", ["en-gb", "es"])
@pytest.mark.parametrize("order", ["day", "month"])
@pytest.mark.parametrize("days", [0, 1, 11, 40, 300, 800])
def test_a_date_that_a_page_writes_is_read_back_in_every_language_and_order(language, order, days):
    day = date.fromordinal(TODAY.toordinal() + days)

    with at(language, date_order=order):
        assert read_day(written(day), TODAY) == day


def test_numbers_are_read_in_the_order_in_which_the_clinic_writes_them():
    with at(date_order="month"):
        assert read_day("12/3", TODAY) == read_day("Dec 3", TODAY) == read_day("3 dec 2026", TODAY) == date(2026, 12, 3)
        assert read_birth("5/4/1971", TODAY) == date(1971, 5, 4)
        assert read_day("2026-12-03", TODAY) == date(2026, 12, 3)
        with pytest.raises(ValueError, match="Try 11/24"):
            read_day("24/11", TODAY)
    with at():
        assert read_day("12/3", TODAY) == date(2027, 3, 12)


def test_spanish_names_are_read_in_spanish_and_english_ones_everywhere():
    with at("es"):
        assert read_day("mañana", TODAY) == date(2026, 11, 21)
        assert read_day("mié", TODAY) == read_day("wed", TODAY) == date(2026, 11, 25)
        assert read_day("24 de noviembre de 2026", TODAY) == read_day("mar 24 nov", TODAY) == date(2026, 11, 24)
        assert read_days("30 dic al 1 ene", TODAY) == (date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1))


def test_the_day_of_a_clinic_overseas_is_by_its_clock_and_says_so(tess, boston, protocol):
    course = make_course(make_patient(boston), protocol)
    seven_in_london = moment("2026-11-20", "19:00")
    make_session(course, make_chair(boston), make_technician(boston), seven_in_london)

    page = page_of(tess.get(f"/day/2026-11-20/?site={boston.uid}"))

    assert "Friday, November 20" in page
    assert ">2:00 pm</span>" in page
    assert "New York" in page


def test_a_day_that_cannot_be_read_is_today_on_the_wall_of_the_clinic(traveller, tess):
    honolulu = make_site(name="Palm Clinic", timezone="Pacific/Honolulu")
    traveller.sites.add(honolulu)

    answer = tess.post(f"{reverse('frontdesk:look')}?site={honolulu.uid}", {"view": "list", "day": "some day"})

    assert answer["Location"].startswith("/day/2026-11-19/")  # 9:00 in London on the 20th


def test_a_page_about_one_patient_is_written_as_the_clinic_of_that_patient_writes(tess, site, boston, lisbon):
    tess.post(reverse("frontdesk:here"), {"here": lisbon.uid})
    patients = [make_patient(clinic) for clinic in (boston, site)]

    pages = [page_of(tess.get(reverse("frontdesk:book", args=[patient.uid]))) for patient in patients]

    assert re.search(r'value="\w{3}, Nov \d+, 2026"', pages[0])
    assert re.search(r'value="\w{3} \d+ Nov 2026"', pages[1])


def test_a_question_about_a_changed_clinic_is_written_as_that_clinic_writes(tess, boston, lisbon, protocol, by):
    tess.post(reverse("frontdesk:here"), {"here": lisbon.uid})
    question = Question(a_week=1.0, mix=((protocol.slug, 1),))
    row = what_if.ask(site=boston, question=question, weeks=1, by=by, now=NOW)

    page = page_of(tess.get(reverse("frontdesk:what-if", args=[row.uid])))

    assert "Fri, Nov 20 4:00 am<" in page


def test_another_clinic_is_one_step_away_and_stays_chosen(tess, boston, lisbon):
    page = page_of(tess.get("/waiting/"))
    assert all(f'value="{site.uid}"' in page for site in (boston, lisbon))
    assert "4:00 am · New York" in page or "04:00 · New York" in page

    answer = tess.post(reverse("frontdesk:here"), {"here": boston.uid, "page": "/waiting/"})

    assert answer["Location"] == "/waiting/"
    assert tess.get("/").headers["Location"] == "/day/2026-11-20/#now"
    assert "Friday, November 20" in page_of(tess.get("/day/2026-11-20/"))
    assert "Friday 20 November" in page_of(tess.get(f"/day/2026-11-20/?site={lisbon.uid}"))  # an address counts more


def test_who_is_registered_or_looked_for_is_so_where_somebody_works(tess):
    honolulu = make_site(name="Palm Clinic", timezone="Pacific/Honolulu")
    User.objects.get(name="Tess Moor").sites.add(honolulu)
    tess.post(reverse("frontdesk:here"), {"here": honolulu.uid})

    assert tess.get(reverse("frontdesk:register")).context["site"] == honolulu
    assert tess.get(reverse("frontdesk:patients"), {"q": "day tomorrow"})["Location"].startswith("/day/2026-11-20/")


@pytest.mark.parametrize("page", ["https://elsewhere.example/", "//elsewhere.example", "", "/accounts/logout/"])
def test_choosing_a_clinic_leads_nowhere_else(tess, boston, page):
    assert tess.post(reverse("frontdesk:here"), {"here": boston.uid, "page": page})["Location"] == "/"


@pytest.mark.parametrize("here", ["", "nonsense", "00000000-0000-4000-8000-000000000000"])
def test_nobody_goes_to_a_clinic_that_is_not_theirs(tess, other_site, here):
    assert tess.post(reverse("frontdesk:here"), {"here": here}).status_code == 404
    assert tess.post(reverse("frontdesk:here"), {"here": other_site.uid}).status_code == 404
    assert tess.get("/waiting/").context["site"].name == "Elm Street Clinic"


def test_whoever_has_one_clinic_is_offered_no_other(desk, clinic):
    assert "popovertarget" not in page_of(desk.get("/waiting/"))


def test_a_member_of_staff_chooses_a_language_and_nobody_else_has_it(desk, other_desk, imogen):
    desk.post(reverse("frontdesk:language"), {"language": "es"})

    imogen.refresh_from_db()
    assert imogen.language == "es"
    assert '<html lang="es">' in page_of(desk.get("/patients/"))
    assert '<html lang="en-GB">' in page_of(other_desk.get("/patients/"))
    assert AuditEntry.objects.filter(action="language chosen", actor="Imogen Vale").count() == 1
    desk.post(reverse("frontdesk:language"), {"language": ""})
    assert '<html lang="en-GB">' in page_of(desk.get("/patients/"))


def test_a_language_that_there_is_not_is_refused(desk, imogen):
    answer = desk.post(reverse("frontdesk:language"), {"language": "xx"})

    assert answer.status_code == 422
    assert "Choose one of the languages" in page_of(answer)
    imogen.refresh_from_db()
    assert imogen.language == ""


def test_the_browser_says_the_language_before_and_after_the_sign_in_while_nobody_chose(desk, db):
    spanish = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}

    assert '<html lang="es">' in page_of(Client().get("/accounts/login/", headers=spanish))
    assert '<html lang="es">' in page_of(desk.get("/patients/", headers=spanish))
    assert '<html lang="en-GB">' in page_of(desk.get("/patients/", headers={"Accept-Language": "de"}))


def test_the_language_of_the_pages_is_for_people_and_not_for_programs(client, db):
    answer = client.get("/api/v1/patients", headers={"Accept-Language": "es"})

    assert answer.status_code == 401
    assert "Content-Language" not in answer
    assert "Accept-Language" not in answer.get("Vary", "")
    assert answer.content == client.get("/api/v1/patients").content


@pytest.mark.parametrize("name", ["language", "here"])
def test_who_is_not_signed_in_chooses_nothing_here(client, db, name):
    assert "/accounts/login/" in client.post(reverse(f"frontdesk:{name}"))["Location"]
