"""The desk finds patients however they are asked for, registers new ones, and shows one on a page."""

import pytest
from django.urls import reverse

from clinic.models import Patient
from clinic.selectors.finding import find_patients

from .builders import NOW, at, make_course, make_patient, make_session

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def zoe(site):
    return make_patient(site, family_name="Müller-Østby", given_name="Zoë", number="A 77/3", phone="+44 1632 960 241")


NEW = {
    "family_name": "Farrokh",
    "given_name": "Mina",
    "date_of_birth": "14 May 1971",
    "number": "",
    "phone": "01632 960 100",
    "email": "",
    "channel": "none",
}


@pytest.mark.parametrize(
    "text", ["zoe muller", "MULLER zoe", "ller-", "A 77/3", "77/3", "1632 960 241", "01632960241", "+441632960241"]
)
def test_a_patient_is_found_by_any_part_in_any_order(zoe, margaret, imogen, text):
    assert find_patients(text, user=imogen, now=NOW).patients == (zoe,)


def test_a_patient_is_found_by_date_of_birth(desk, zoe, margaret):
    answer = desk.get("/patients/", {"q": "12/4/1968"})

    assert answer["Location"] == reverse("frontdesk:patient", args=[margaret.uid])


def test_several_matches_are_listed_with_what_tells_them_apart(desk, site, margaret, protocol, chairs, technicians):
    make_patient(site, family_name="Okonjo", given_name="Marcus", number="10099")
    make_session(make_course(margaret, protocol), chairs[0], technicians[0], at("2026-11-24", "09:00"))

    page = desk.get("/patients/", {"q": "okonjo mar"}).content.decode()

    assert "12-Apr-1968" in page
    assert "Next Tue 24 Nov 09:00" in page
    assert "10099" in page


def test_nobody_found_says_what_can_be_typed_and_offers_to_register(desk, margaret):
    page = desk.get("/patients/", {"q": "<b>Nobody"}).content.decode()

    assert "Nobody matches" in page
    assert "“&lt;b&gt;Nobody”" in page
    assert "?name=%3Cb%3ENobody" in page


@pytest.mark.parametrize("text", ["\x00", "%", "'", "9" * 10_000, "31/2/1971", "1 1 " + "9" * 190])
def test_no_search_breaks_the_page(desk, margaret, text):
    assert desk.get("/patients/", {"q": text}).status_code in (200, 302)


def test_the_number_of_queries_does_not_grow_with_the_patients(desk, site, django_assert_max_num_queries):
    for _ in range(30):
        make_patient(site)

    with django_assert_max_num_queries(5):
        desk.get("/patients/", {"q": "patient"})


def test_a_patient_is_registered_with_what_was_typed(desk, site):
    answer = desk.post("/patients/new/", NEW)

    mina = Patient.objects.get(family_name="Farrokh")
    assert answer["Location"] == reverse("frontdesk:patient", args=[mina.uid])
    assert (mina.site, str(mina.date_of_birth)) == (site, "1971-05-14")


@pytest.mark.parametrize(
    "wrong, sentence",
    [
        ({"date_of_birth": "yesterday-ish"}, "Cannot read"),
        ({"date_of_birth": ""}, "date of birth"),
        ({"family_name": "x" * 10_000}, "10,000 characters"),
        ({"given_name": ""}, "given name"),
        ({"channel": "sms", "phone": ""}, "need a phone number"),
        ({"channel": "pigeon"}, "not one of the choices"),
        ({"email": "not an address"}, "not an e-mail address"),
    ],
)
def test_a_wrong_field_gets_its_sentence_and_nothing_typed_is_lost(desk, site, wrong, sentence):
    answer = desk.post("/patients/new/", NEW | wrong)
    page = answer.content.decode()

    assert answer.status_code == 422
    assert sentence in page
    assert 'aria-invalid="true"' in page
    assert 'value="01632 960 100"' in page or "phone" in wrong
    assert not Patient.objects.exists()


def test_somebody_who_seems_known_is_asked_about_before_a_second_record(desk, margaret):
    twin = NEW | {"family_name": "OKONJO", "given_name": "margaret", "date_of_birth": "12/4/1968"}

    asked = desk.post("/patients/new/", twin)
    assert b"is already registered" in asked.content
    assert Patient.objects.count() == 1

    desk.post("/patients/new/", twin | {"confirmed": "1"})
    assert Patient.objects.count() == 2


def test_names_are_never_read_as_html(desk, site):
    desk.post("/patients/new/", NEW | {"family_name": "O'<script>x", "given_name": "=HYPERLINK(1)"})
    patient = Patient.objects.get()

    page = desk.get(reverse("frontdesk:patient", args=[patient.uid])).content.decode()

    assert "<script>x" not in page.lower()
    assert "&lt;SCRIPT&gt;X" in page


def test_details_are_corrected(desk, margaret):
    address = reverse("frontdesk:correct", args=[margaret.uid])
    page = desk.get(address).content.decode()
    assert 'value="12 Apr 1968"' in page

    desk.post(address, NEW | {"family_name": "Okonjo-Bell", "number": margaret.number, "date_of_birth": "12 Apr 1968"})

    margaret.refresh_from_db()
    assert margaret.family_name == "Okonjo-Bell"


def test_the_page_of_a_patient_shows_the_course_and_its_history(desk, margaret, protocol, chairs, technicians, imogen):
    course = make_course(margaret, protocol)
    for day in range(23, 28):
        make_session(course, chairs[0], technicians[0], at(f"2026-11-{day}", "09:00"))
    desk.post(reverse("frontdesk:new-link", args=[margaret.uid]))

    page = desk.get(reverse("frontdesk:patient", args=[margaret.uid])).content.decode()

    assert "OKONJO, Margaret" in page
    assert "12-Apr-1968 (58y)" in page
    assert "0 of 5</b> done, 5 to come; next Mon 23 Nov 09:00" in page
    assert "Private link made" in page


def test_a_private_link_is_shown_once_and_ended_at_once(desk, margaret):
    shown = desk.post(reverse("frontdesk:new-link", args=[margaret.uid])).content.decode()
    link = margaret.links.get()
    later = desk.get(reverse("frontdesk:patient", args=[margaret.uid])).content.decode()

    assert "/my/" in shown
    assert "/my/" not in later

    desk.post(reverse("frontdesk:revoke", args=[margaret.uid, "links", link.uid]))
    link.refresh_from_db()
    assert link.revoked_at == NOW


def test_calendar_addresses_are_made_ended_and_limited(desk, margaret):
    address = reverse("frontdesk:new-calendar", args=[margaret.uid])
    assert ".ics" in desk.post(address).content.decode()
    for _ in range(4):
        desk.post(address)

    refused = desk.post(address, follow=True).content.decode()
    assert "End one of them first" in refused

    link = margaret.calendar_links.first()
    desk.post(reverse("frontdesk:revoke", args=[margaret.uid, "calendars", link.uid]))
    link.refresh_from_db()
    assert link.revoked_at == NOW


def test_a_link_of_one_patient_is_not_ended_from_the_page_of_another(desk, margaret, pia):
    desk.post(reverse("frontdesk:new-link", args=[margaret.uid]))

    answer = desk.post(reverse("frontdesk:revoke", args=[pia.uid, "links", margaret.links.get().uid]))

    assert answer.status_code == 404
    assert margaret.links.get().revoked_at is None
