"""Somebody who helps a patient has a link of the own: made at the desk, seen by the patient, ended by both."""

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEntry, ContactWishes, DeskTask, MessageRules, PatientLink
from clinic.services import access, contacts
from clinic.services.audit import Actor

from .builders import make_course_of_three
from .pages import page_of

DESK = Actor(name="Imogen")
RUTH = {"for": "carer", "carer": "Ruth Okonjo", "relation": "daughter", "born": "3 May 1991"}
BORN = {"day": "3", "month": "5", "year": "1991"}


@pytest.fixture(autouse=True)
def course(clinic, clock, margaret, protocol, chairs, technicians):
    cache.clear()
    return make_course_of_three(margaret, protocol, chairs[0], technicians[0])


@pytest.fixture
def make(desk, margaret):
    """Let the desk make a link, and return its address."""

    def made(patient=margaret, **changed):
        answer = page_of(desk.post(reverse("frontdesk:new-link", args=[patient.uid]), RUTH | changed))
        return "/my/" + answer.partition("/my/")[2].partition('"')[0]

    return made


def opened(address, **born):
    browser = Client()
    browser.post(address, BORN | born)
    return browser


@pytest.fixture
def ruth(make):
    """Ruth's browser; she may look only."""
    return opened(make())


@pytest.fixture
def helper(make):
    """Ruth's browser; she may act for her mother."""
    return opened(make(may_act="1"))


def test_ruth_opens_her_link_with_her_own_date_of_birth_and_not_with_her_mothers(make):
    address = make()

    assert Client().post(address, {"day": "12", "month": "4", "year": "1968"}).status_code == 404
    page = page_of(opened(address).get("/my/"))
    assert "Hello Ruth Okonjo. You look at the visits of Margaret." in page
    assert "Monday 23 November" in page
    assert [entry.actor for entry in AuditEntry.objects.filter(action="private link opened")] == [
        "Ruth Okonjo (daughter) for patient 10042"
    ]


def test_who_may_look_only_is_offered_nothing_to_do_and_does_nothing(ruth, course):
    page, first = page_of(ruth.get("/my/")), course.sessions.get(number=1)

    for words in ("I will be there", "Ask to move", "I cannot come", "How we reach you", "Add to calendar", ">Move"):
        assert words not in page
    for name, sent in {"confirm": {}, "late": {"minutes": "10"}, "move": {"choice": "call"}}.items():
        assert ruth.post(reverse(f"portal:{name}", args=[first.uid]), sent).status_code == 404
    for path in ("undo/", f"follow-ups/{course.uid}/0/"):
        assert ruth.post(f"/my/{path}").status_code == 404
    assert not DeskTask.objects.exists()
    assert not first.confirmations.exists()


def test_who_may_act_confirms_asks_and_takes_back_under_the_own_name(helper, course):
    first = course.sessions.get(number=1)

    helper.post(reverse("portal:confirm", args=[first.uid]))
    asked = page_of(helper.post(reverse("portal:move", args=[first.uid]), {"choice": "other-day"}, follow=True))
    assert "You can take this back until 9:03am." in asked
    helper.post("/my/undo/")

    assert first.confirmations.exists()
    assert not DeskTask.objects.exists()
    deeds = AuditEntry.objects.filter(actor="Ruth Okonjo (daughter) for patient 10042").order_by("pk")
    assert [deed.action for deed in deeds] == [
        "private link opened",
        "session confirmed",
        "desk asked: move",
        "wish taken back",
    ]


def test_what_a_carer_moves_counts_as_a_move_of_the_patient(helper, course, margaret):
    MessageRules.objects.create(site=margaret.site, most_moves=1)
    first, second = course.sessions.order_by("number")[:2]
    page = page_of(helper.get(reverse("portal:move", args=[first.uid])))
    key = page.partition('name="choice" value="2026')[2].partition('"')[0]
    moved = helper.post(reverse("portal:move", args=[first.uid]), {"choice": f"2026{key}", "version": "0"})
    assert moved.status_code == 302

    assert 'value="2026' not in page_of(helper.get(reverse("portal:move", args=[second.uid])))


@pytest.mark.parametrize("path", ["contact/", "calendar/"])
def test_how_the_patient_is_reached_and_calendars_are_the_patients_own(helper, margaret, path):
    assert helper.get(f"/my/{path}").status_code == 404
    assert helper.post(f"/my/{path}", {"channel": "none", "language": "es", "action": "make"}).status_code == 404
    margaret.refresh_from_db()
    assert (margaret.channel, margaret.calendar_links.count()) == ("email", 0)


def test_the_language_of_a_carer_is_not_that_of_the_patient(ruth, margaret, now):
    contacts.speak(patient=margaret, language="es", by=DESK, now=now)
    assert "Hello Ruth Okonjo" in page_of(ruth.get("/my/"))

    ruth.post("/my/language/", {"language": "es", "page": "/my/"})

    assert 'lang="es"' in page_of(ruth.get("/my/"))
    contacts.speak(patient=margaret, language="en", by=DESK, now=now)
    assert 'lang="es"' in page_of(ruth.get("/my/"))
    assert ContactWishes.objects.get().language == "en"


def test_the_patient_and_the_desk_see_who_has_a_link_and_when_they_looked(desk, margaret, make, clock):
    address = make()
    for _ in range(2):
        clock[0] += timedelta(hours=1)
        opened(address)
    own = Client()
    _, secret = access.new_patient_link(patient=margaret, label="", by=DESK, now=clock[0])
    own.post(reverse("portal:open", args=[secret]), {"day": "12", "month": "4", "year": "1968"})

    page, at_desk = (
        page_of(browser.get(path))
        for browser, path in ((own, "/my/phones/"), (desk, reverse("frontdesk:patient", args=[margaret.uid])))
    )

    assert "Ruth Okonjo (daughter)" in page
    assert "Has looked on Friday 20 November, 11:00am; Friday 20 November, 10:00am." in page
    assert "Link of Ruth Okonjo (daughter)" in at_desk
    assert "Looked 2 times" in at_desk
    own.post("/my/phones/", {"action": "end", "key": PatientLink.objects.exclude(carer="").get().uid})
    assert Client().post(address, BORN).status_code == 404


def test_a_carer_sees_no_other_carer_and_ends_no_link(make, ruth):
    make(carer="Tom Okonjo", relation="son")
    other = PatientLink.objects.get(carer="Tom Okonjo")

    assert "Tom" not in page_of(ruth.get("/my/phones/"))
    assert ruth.post("/my/phones/", {"action": "end", "key": other.uid}).status_code == 404
    other.refresh_from_db()
    assert other.revoked_at is None


def test_ending_the_link_of_a_carer_ends_the_visit_at_once_and_leaves_the_patients_link(desk, ruth, margaret, now):
    own, _ = access.new_patient_link(patient=margaret, label="", by=DESK, now=now)

    desk.post(
        reverse("frontdesk:revoke", args=[margaret.uid, "links", PatientLink.objects.exclude(carer="").get().uid])
    )

    assert ruth.get("/my/").status_code == 403
    assert access.living_patient_link(str(own.uid), now)


@pytest.mark.parametrize(
    "wrong",
    [{"carer": ""}, {"carer": " "}, {"carer": "x" * 61}, {"relation": "x" * 31}]
    + [{"born": born} for born in ("", "31 Feb 1990", "nonsense", "1 Jan 2100", "1 Jan 1850", "\x00")],
)
def test_a_carer_without_name_or_date_of_birth_gets_no_link_and_nothing_typed_is_lost(desk, margaret, wrong):
    answer = desk.post(reverse("frontdesk:new-link", args=[margaret.uid]), RUTH | {"may_act": "1"} | wrong)

    assert answer.status_code == 422
    assert 'id="carer-error"' in page_of(answer)
    assert 'name="may_act" value="1" checked' in page_of(answer)
    assert not PatientLink.objects.exists()


def test_names_of_carers_are_only_text(make):
    page = page_of(opened(make(carer="<b>Ruth</b>\r\nX")).get("/my/"))

    assert "&lt;b&gt;Ruth&lt;/b&gt; X" in page


def test_paul_of_another_clinic_makes_no_link_for_a_carer_of_margaret(other_desk, margaret):
    assert other_desk.post(reverse("frontdesk:new-link", args=[margaret.uid]), RUTH).status_code == 404
    assert not PatientLink.objects.exists()


def test_what_changed_is_told_to_each_by_the_own_last_look(make, margaret, course, clock):
    address = make()
    opened(address)
    clock[0] += timedelta(hours=1)
    course.sessions.filter(number=2).update(status="cancelled", updated_at=clock[0])
    clock[0] += timedelta(hours=1)
    own = Client()
    _, secret = access.new_patient_link(patient=margaret, label="", by=DESK, now=clock[0])
    born = margaret.date_of_birth
    own.post(reverse("portal:open", args=[secret]), {"day": born.day, "month": born.month, "year": born.year})

    assert "Changed since you last looked" in page_of(opened(address).get("/my/"))
    assert "Changed since you last looked" not in page_of(own.get("/my/"))  # her first look
    assert born == date(1968, 4, 12)
