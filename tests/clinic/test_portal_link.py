"""The private link in a browser: the date of birth, the visit that follows, and everybody who must stay outside."""

from datetime import date, timedelta

import pytest
from django.contrib.sessions.models import Session as BrowserSession
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEntry, PatientLink
from clinic.portal.births import birth_of
from clinic.portal.visits import COOKIE
from clinic.services import access
from clinic.services.audit import Actor

DESK = Actor(name="Imogen")
TODAY = date(2026, 11, 20)
RIGHT = {"day": "12", "month": "4", "year": "1968"}


@pytest.fixture(autouse=True)
def clock(db, monkeypatch, now):
    """The clock of the door, which a test may move."""
    cache.clear()
    moment = [now]
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment[0])
    return moment


@pytest.fixture
def link(margaret, now):
    return access.new_patient_link(patient=margaret, label="by post", by=DESK, now=now)


@pytest.fixture
def address(link):
    return reverse("portal:open", args=[link[1]])


@pytest.fixture
def phone(client, address):
    """A browser in which Margaret has opened her link."""
    client.post(address, RIGHT)
    return client


def test_the_right_date_of_birth_leads_to_the_schedule_without_the_secret(client, address):
    answer = client.post(address, RIGHT)

    assert (answer.status_code, answer["Location"]) == (302, "/my/")
    cookie = answer.cookies[COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/my/", True, "Lax")
    assert "Hello Margaret" in client.get("/my/").content.decode()


def test_looking_at_a_link_changes_nothing_and_looks_nothing_up(client, address, django_assert_num_queries):
    with django_assert_num_queries(0):
        shown = client.get(address)
        unknown = client.get("/my/no-such-link/")
        client.head(address)

    assert shown.status_code == unknown.status_code == 200
    assert COOKIE not in client.cookies
    row = PatientLink.objects.get()
    assert (row.last_used_at, row.misses) == (None, 0)


def test_unknown_expired_and_revoked_links_answer_like_a_wrong_date(client, address, link, margaret, now, clock):
    row, _ = link
    gone, gone_secret = access.new_patient_link(patient=margaret, label="", by=DESK, now=now)
    access.revoke_link(link=gone, by=DESK, now=now)
    wrong = client.post(address, RIGHT | {"year": "1969"})
    typed_right = [client.post(f"/my/{secret}/", RIGHT) for secret in ("x" * 43, gone_secret, "%00%ff")]
    clock[0] = row.expires_at
    typed_right.append(client.post(address, RIGHT))

    def said(answer):
        return answer.status_code, answer.content.decode().partition('role="alert"')[2].partition("</p>")[0]

    assert wrong.status_code == 404
    assert {said(answer) for answer in typed_right} == {said(wrong)}
    assert COOKIE not in client.cookies


def test_after_five_wrong_dates_the_right_one_does_not_open_for_a_while(client, address, clock, settings):
    for _ in range(settings.LINK_TRIES):
        client.post(address, RIGHT | {"day": "13"})

    assert client.post(address, RIGHT).status_code == 404
    clock[0] += timedelta(minutes=15)
    assert client.post(address, RIGHT).status_code == 302


def test_guessing_on_from_one_address_is_stopped(address):
    answers = [
        Client(REMOTE_ADDR="192.0.2.55").post(f"/my/guess-{number}/", RIGHT)
        for number in range(access.TRIES_OF_AN_ADDRESS + 1)
    ]

    assert [answer.status_code for answer in answers] == [404] * access.TRIES_OF_AN_ADDRESS + [429]
    assert Client(REMOTE_ADDR="192.0.2.56").post(address, RIGHT).status_code == 302


def test_a_date_that_is_none_costs_no_try_and_keeps_what_was_typed(client, address):
    answer = client.post(address, {"day": "<31>", "month": "Feb", "year": "1968"})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="&lt;31&gt;"' in page
    assert "for example 12 4 1968" in page
    assert PatientLink.objects.get().misses == 0


@pytest.mark.parametrize(
    "typed",
    [
        ("12", "4", "1968"),
        (" 12 ", "04", "68"),
        ("12", "April", "1968"),
        ("12", "APR", "1968"),
        ("12/4/1968", "", ""),
        ("12. April 1968", "", ""),
        ("April 12, 1968", "", ""),
        ("١٢", "٤", "١٩٦٨"),
    ],
)
def test_dates_of_birth_are_read_as_people_type_them(typed):
    assert birth_of(*typed, today=TODAY) == date(1968, 4, 12)


@pytest.mark.parametrize(
    "typed",
    [
        ("", "", ""),
        ("31", "2", "1968"),
        ("12", "J", "1968"),
        ("12", "4", "99999"),
        ("²", "4", "1968"),
        ("9" * 50, "1", "1"),
    ],
)
def test_what_is_no_date_is_not_guessed(typed):
    assert birth_of(*typed, today=TODAY) is None


def test_two_digits_of_a_year_mean_the_latest_that_has_begun():
    assert [birth_of("1", "1", year, today=TODAY).year for year in ("26", "27", "00")] == [2026, 1927, 2000]


def test_a_visit_ends_after_half_an_hour_without_use(phone, clock):
    for _ in range(3):
        clock[0] += timedelta(minutes=29)
        assert phone.get("/my/").status_code == 200

    clock[0] += timedelta(minutes=31)
    assert phone.get("/my/").status_code == 403


def test_a_visit_ends_after_twelve_hours_in_any_case(phone, clock):
    answers = []
    for _ in range(25):
        clock[0] += timedelta(minutes=29)
        answers.append(phone.get("/my/").status_code)

    assert answers == [200] * 24 + [403]


def test_signing_out_ends_the_visit_here_too_and_not_only_in_the_browser(phone):
    copied = phone.cookies[COOKIE].value

    answer = phone.post("/my/sign-out/")

    assert "You have signed out" in answer.content.decode()
    thief = Client()
    thief.cookies[COOKIE] = copied
    assert thief.get("/my/").status_code == 403
    assert not BrowserSession.objects.exists()


def test_revoking_a_link_ends_the_visits_that_it_opened(phone, link, now):
    access.revoke_link(link=link[0], by=DESK, now=now)

    assert phone.get("/my/").status_code == 403


def test_a_second_patient_on_the_same_phone_replaces_the_first(phone, pia, now):
    before = phone.cookies[COOKIE].value
    _, secret = access.new_patient_link(patient=pia, label="", by=DESK, now=now)
    phone.post(reverse("portal:open", args=[secret]), {"day": "3", "month": "9", "year": "1979"})

    page = phone.get("/my/").content.decode()
    assert "Hello Pia" in page
    assert "Margaret" not in page
    assert phone.cookies[COOKIE].value != before


def test_a_sign_in_of_staff_opens_no_patients_page_and_the_other_way_round(desk, phone, link):
    staff = Client()
    staff.cookies[COOKIE] = desk.cookies["sessionid"].value
    assert staff.get("/my/").status_code == 403

    patient = Client()
    patient.cookies["sessionid"] = phone.cookies[COOKIE].value
    assert "_auth_user_id" not in patient.session


@pytest.mark.parametrize("page", ["/my/", "/my/calendar/", "/my/?month=2026-12"])
def test_whoever_is_not_signed_in_is_asked_to_open_the_link(client, page, db):
    client.cookies[COOKIE] = "made-up"

    answer = client.get(page)

    assert answer.status_code == 403
    assert "open your link again" in answer.content.decode()


def test_no_page_of_a_patient_is_kept_or_told_to_others(phone, address):
    answers = [
        phone.get("/my/"),
        phone.get("/my/calendar/"),
        phone.get(address),
        phone.post(address, {}),
        phone.post("/my/sign-out/"),
        phone.get("/my/"),
    ]

    for answer in answers:
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex"


def test_forms_from_other_sites_are_refused(phone, address):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = phone.cookies

    for target in (address, "/my/sign-out/", "/my/calendar/"):
        assert strict.post(target, RIGHT).status_code == 403
    assert phone.get("/my/").status_code == 200
    assert not AuditEntry.objects.filter(action="calendar address made").exists()


def test_a_look_at_a_sign_out_address_does_nothing(phone):
    assert phone.get("/my/sign-out/").status_code == 405
    assert phone.get("/my/").status_code == 200
