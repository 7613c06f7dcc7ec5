"""Phones that unlock a patient's page without a date of birth, and everything that must not unlock it."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from fido2.webauthn import AuthenticatorData

from clinic.models import AuditEntry, Passkey
from clinic.portal.visits import COOKIE, PHONE
from clinic.services import access, passkeys
from clinic.services.audit import Actor

from .builders import NOW, make_course_of_three
from .pages import page_of
from .phones import Phone

DESK = Actor(name="Imogen")


@pytest.fixture(autouse=True)
def fresh_cache(db, clock):
    cache.clear()


def signed_in(patient, carer=None):
    browser = Client()
    _, secret = access.new_patient_link(patient=patient, label="", by=DESK, now=NOW, carer=carer)
    born = carer.born if carer else patient.date_of_birth
    browser.post(reverse("portal:open", args=[secret]), {"day": born.day, "month": born.month, "year": born.year})
    return browser


def add(browser, phone, **changed):
    asked = browser.post("/my/phones/begin/").json()
    sent = {"action": "add", "label": "my phone", "state": asked["state"], "answer": phone.made(asked)}
    return browser.post("/my/phones/", sent | changed)


def unlock(phone, browser=None, **options):
    browser = browser or Client()
    asked = browser.post("/my/unlock/begin/").json()
    answer = browser.post("/my/unlock/", {"state": asked["state"], "answer": phone.signed(asked, **options)})
    return browser, answer


@pytest.fixture
def browser(margaret, protocol, chairs, technicians):
    make_course_of_three(margaret, protocol, chairs[0], technicians[0])
    return signed_in(margaret)


@pytest.fixture
def phone(browser):
    """Margaret's phone, which she has added."""
    phone = Phone()
    assert add(browser, phone).status_code == 302
    return phone


def test_margaret_adds_her_phone_and_opens_her_page_with_it_alone(browser, phone, clock):
    assert PHONE in browser.cookies
    assert "my phone: added on" in page_of(browser.get("/my/phones/"))
    clock[0] += timedelta(days=1)

    other, answer = unlock(phone)

    assert answer["Location"] == "/my/"
    assert "Hello Margaret" in page_of(other.get("/my/"))
    row = Passkey.objects.get()
    assert (row.uses, row.last_used_at) == (1, clock[0])
    assert AuditEntry.objects.filter(action="phone unlocked", actor="patient 10042").count() == 1


def test_the_phone_is_asked_for_a_key_of_its_own_with_its_lock_and_told_only_a_given_name(browser, phone):
    asked = browser.post("/my/phones/begin/").json()["options"]

    assert asked["user"]["name"] == "Margaret"
    assert asked["rp"] == {"id": "localhost", "name": "The Harbour Rooms"}
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert [each["type"] for each in asked["excludeCredentials"]] == ["public-key"]


def test_asking_for_a_key_stores_nothing(browser):
    before = AuditEntry.objects.count()
    browser.post("/my/phones/begin/")
    Client().post("/my/unlock/begin/")

    assert not Passkey.objects.exists()
    assert AuditEntry.objects.count() == before


def test_what_a_phone_has_signed_opens_once(phone):
    browser = Client()
    asked = browser.post("/my/unlock/begin/").json()
    sent = {"state": asked["state"], "answer": phone.signed(asked)}

    assert browser.post("/my/unlock/", sent).status_code == 302
    thief = Client()
    assert thief.post("/my/unlock/", sent).status_code == 403
    assert COOKIE not in thief.cookies


def test_an_answer_that_comes_too_late_opens_nothing(phone, clock):
    browser = Client()
    asked = browser.post("/my/unlock/begin/").json()
    clock[0] += passkeys.ANSWER_WITHIN + timedelta(seconds=1)

    assert browser.post("/my/unlock/", {"state": asked["state"], "answer": phone.signed(asked)}).status_code == 403


def test_another_key_another_site_a_copy_and_a_phone_that_was_not_unlocked_open_nothing(phone):
    stranger, elsewhere, copy = Phone(), Phone(origin="https://evil.example"), Phone(host="evil.example")
    for one in (elsewhere, copy):
        one.key = phone.key

    assert [unlock(one)[1].status_code for one in (stranger, elsewhere, copy, Phone(b"unknown"))] == [403] * 4
    assert unlock(phone, flags=AuthenticatorData.FLAG.UP)[1].status_code == 403
    assert unlock(phone)[1].status_code == 302
    assert unlock(phone, counts=False)[1].status_code == 403  # a copy of the key has counted on


@pytest.mark.parametrize("answer", ["", "{}", "[]", "[" * 9000, "null", '{"id": 1}', '{"rawId": "x", "response": {}}'])
@pytest.mark.parametrize("address", ["/my/unlock/", "/my/phones/"])
def test_nonsense_from_a_phone_is_refused_in_a_sentence(browser, address, answer):
    begin = {"/my/unlock/": "/my/unlock/begin/", "/my/phones/": "/my/phones/begin/"}[address]
    state = browser.post(begin).json()["state"]
    sent = browser.post(address, {"action": "add", "state": state, "answer": answer})

    assert sent.status_code in (403, 422)
    assert 'role="alert"' in page_of(sent)
    assert not Passkey.objects.exists()


def test_a_text_that_was_signed_for_somebody_else_or_for_unlocking_adds_no_phone(browser, pia):
    phone = Phone()
    for asked in (signed_in(pia).post("/my/phones/begin/").json(), Client().post("/my/unlock/begin/").json()):
        sent = {"action": "add", "state": asked["state"], "answer": phone.made(asked)}
        assert browser.post("/my/phones/", sent).status_code == 422
    assert not Passkey.objects.exists()


def test_a_key_belongs_to_one_person_only(phone, pia):
    assert add(signed_in(pia), phone).status_code == 422
    assert Passkey.objects.get().patient.given_name == "Margaret"


def test_a_sixth_phone_is_refused_in_a_sentence(browser):
    for number in range(passkeys.MOST_PHONES):
        add(browser, Phone(bytes([number])))

    answer = add(browser, Phone(b"one more"))

    assert "Please remove one that you no longer use." in page_of(answer)
    assert Passkey.objects.count() == passkeys.MOST_PHONES


def test_a_phone_that_is_removed_opens_nothing_and_ends_its_visit(browser, phone):
    other, _ = unlock(phone)

    browser.post("/my/phones/", {"action": "remove", "key": Passkey.objects.get().uid})

    assert other.get("/my/").status_code == 403
    assert unlock(phone)[1].status_code == 403


def test_the_desk_ends_a_phone_too(desk, margaret, phone):
    assert "Phone that unlocks" in page_of(desk.get(reverse("frontdesk:patient", args=[margaret.uid])))

    desk.post(reverse("frontdesk:revoke", args=[margaret.uid, "phones", Passkey.objects.get().uid]))

    assert unlock(phone)[1].status_code == 403


def test_pia_neither_sees_nor_removes_the_phone_of_margaret(phone, pia):
    browser = signed_in(pia)

    assert "my phone" not in page_of(browser.get("/my/phones/"))
    for action in ("remove", "end", ""):
        for key in (Passkey.objects.get().uid, "x", ""):
            assert browser.post("/my/phones/", {"action": action, "key": key}).status_code == 404
    assert Passkey.objects.get().revoked_at is None


def test_the_phone_of_a_carer_ends_with_the_link_of_the_carer(margaret, browser, now):
    carer = access.Carer(name="Ruth", relation="daughter", born=NOW.date().replace(year=1990), may_act=False)
    phone = Phone(b"of Ruth")
    add(signed_in(margaret, carer), phone)
    ruths, _ = unlock(phone)
    assert "Hello Ruth. You look at the visits of Margaret." in page_of(ruths.get("/my/"))

    access.revoke_link(link=margaret.links.exclude(carer="").get(), by=DESK, now=now)

    assert ruths.get("/my/").status_code == 403
    assert unlock(phone)[1].status_code == 403


def test_guessing_with_phones_is_stopped_like_guessing_dates(browser):
    answers = [unlock(Phone(b"guess"))[1].status_code for _ in range(access.TRIES_OF_AN_ADDRESS + 1)]

    assert answers == [403] * access.TRIES_OF_AN_ADDRESS + [429]


def test_only_where_a_phone_was_added_it_is_offered(browser, phone):
    assert "Unlock with this phone" not in page_of(Client().get("/my/some-link/"))
    browser.post("/my/sign-out/")
    assert "Unlock with this phone" in page_of(browser.get("/my/some-link/"))
    assert "Unlock with this phone" in page_of(browser.get("/my/"))


def test_a_look_at_the_addresses_of_phones_does_nothing(browser):
    for address in ("/my/unlock/", "/my/unlock/begin/", "/my/phones/begin/"):
        assert browser.get(address).status_code == 405
    for address in ("/my/phones/", "/my/phones/begin/"):
        assert getattr(Client(), "get" if address == "/my/phones/" else "post")(address).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    for address in ("/my/unlock/", "/my/unlock/begin/"):
        assert strict.post(address).status_code == 403
