"""Who may open which page of the desk: signed in, with the right role, at the right clinic."""

import uuid
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from clinic.models import Merge, Proposal, Referral, Repair, User
from clinic.models.people import Role
from clinic.permissions import EVERYTHING, SETUP, get_course_or_404, may, sites_of
from clinic.services import access
from clinic.services.audit import Actor

from .builders import NOW, at, make_course, make_patient, make_session, make_user

pytestmark = pytest.mark.usefixtures("clock")

# The pages about one patient, by what they need beside the patient's id.
PAGES = {
    "patient": ("get", "patient"),
    "correct": ("get", "patient"),
    "book": ("get", "patient"),
    "new-link": ("post", "patient"),
    "new-calendar": ("post", "patient"),
    "revoke": ("post", "link"),
    "choice": ("get", "proposal-session"),
    "release": ("post", "proposal"),
    "booked": ("get", "course"),
    "undo": ("post", "course"),
    "cancel": ("get", "course"),
    "change-course": ("get", "course"),
    "decisions": ("get", "course"),
    "decide": ("post", "course"),
    "repair": ("get", "repair"),
    "refer": ("get", "patient"),
    "merge": ("get", "patient"),
    "merge-with": ("get", "two-patients"),
    "undo-merge": ("post", "merge"),
    "referral": ("post", "referral"),
    "session": ("get", "session"),
    "make-up": ("get", "session"),
    "move": ("get", "session"),
    "status": ("post", "session"),
}
OPEN_TO_ALL = {
    "today": [],
    "day": [date(2026, 11, 20)],
    "gaps": [date(2026, 11, 20)],
    "look": [],
    "act": [],
    "shortcuts": [],
    "help": [],
    "patients": [],
    "register": [],
    "risks": [],
    "todo": [],
    "todo-count": [],
    "waiting": [],
    "capacity": [],
    "figures": [],
    "table": ["chairs"],
}


@pytest.fixture
def address(margaret, protocol, chairs, technicians, imogen):
    """Build the address of a page about Margaret."""
    course = make_course(margaret, protocol, undo_until=NOW)
    session = make_session(course, chairs[0], technicians[0], at("2026-11-24", "09:00"))
    link, _ = access.new_patient_link(patient=margaret, label="", by=Actor.of_user(imogen), now=NOW)
    offer = Proposal.objects.create(
        patient=margaret,
        protocol=protocol,
        site=margaret.site,
        request={"earliest_date": "2026-11-23"},
        created_at=NOW,
        expires_at=NOW,
    )
    repair = Repair.objects.create(course=course, kind="", before={}, after={}, applied_at=NOW, undo_until=NOW)
    referral = Referral.objects.create(
        patient=margaret, protocol=protocol, site=margaret.site, request={}, created_at=NOW, updated_at=NOW
    )
    sister, twin = make_patient(margaret.site), make_patient(margaret.site)
    merge = Merge.objects.create(kept=margaret, gone=twin, moved={}, changed={}, merged_at=NOW)
    arguments = {
        "patient": [margaret.uid],
        "two-patients": [margaret.uid, sister.uid],
        "merge": [merge.uid],
        "link": [margaret.uid, "links", link.uid],
        "proposal": [offer.uid],
        "proposal-session": [offer.uid, 0, 1],
        "course": [course.uid],
        "repair": [repair.uid],
        "referral": [referral.uid, "withdraw"],
        "session": [session.uid],
    }
    return lambda name: reverse(f"frontdesk:{name}", args=arguments[PAGES[name][1]])


def send(client, name, url):
    method = PAGES.get(name, ("get",))[0]
    return getattr(client, method)(url)


def test_every_page_of_the_desk_is_tried_here_but_those_that_have_a_file_of_their_own():
    from clinic.frontdesk.urls import urlpatterns

    elsewhere = (
        *("setup/", "disruptions/", "replans/", "admissions/", "courses/<uuid:uid>/follow-ups/"),
        *("messages/", "tasks/", "patients/<uuid:uid>/letter/", "again/", "what-if/", "language/", "here/"),
    )
    names = {pattern.name for pattern in urlpatterns if not str(pattern.pattern).startswith(elsewhere)}

    assert names == PAGES.keys() | OPEN_TO_ALL.keys()


@pytest.mark.parametrize("name", PAGES)
def test_a_visitor_is_sent_to_the_sign_in_page(address, name):
    answer = send(Client(), name, address(name))

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("name", OPEN_TO_ALL)
@pytest.mark.django_db
def test_a_visitor_sees_no_list_either(name):
    answer = Client().get(reverse(f"frontdesk:{name}", args=OPEN_TO_ALL[name]))

    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")


@pytest.mark.parametrize("name", PAGES)
def test_paul_of_another_clinic_finds_nothing(address, other_desk, name):
    assert send(other_desk, name, address(name)).status_code == 404


@pytest.mark.parametrize("name", [name for name in PAGES if name not in ("patient", "session", "booked", "status")])
def test_a_technician_looks_but_does_not_book(address, site, name):
    client = Client()
    client.force_login(make_user(site, role=Role.TECHNICIAN))

    assert send(client, name, address(name)).status_code == 403


def test_paul_sees_neither_margaret_nor_her_session(address, other_desk, margaret):
    listed = other_desk.get("/patients/?q=okonjo")
    day = other_desk.get("/day/2026-11-24/")

    assert margaret.family_name.encode() not in listed.content.replace(b'value="okonjo"', b"")
    assert b"OKONJO" not in day.content


def test_paul_cannot_ask_for_the_day_of_a_clinic_that_is_not_his(other_desk, site):
    assert other_desk.get(f"/day/2026-11-24/?site={site.uid}").status_code == 404


def test_a_part_of_a_page_sends_the_whole_page_to_the_sign_in(address):
    answer = Client().post(address("book"), headers={"HX-Request": "true"})

    assert answer["HX-Redirect"].startswith("/accounts/login/")


def test_no_page_of_the_desk_stays_in_a_cache(address, desk):
    assert "no-store" in desk.get(address("patient"))["Cache-Control"]


def test_the_front_desk_may_do_everything_and_nobody_else_by_accident(site):
    assert all(may(make_user(site), action) for action in EVERYTHING - {SETUP})
    assert not may(make_user(site), SETUP)
    assert not any(may(make_user(site, is_active=False), action) for action in EVERYTHING)
    assert not any(may(make_user(site, role="visitor"), action) for action in EVERYTHING)


def test_an_unknown_action_is_a_mistake_in_the_program(site):
    with pytest.raises(ValueError, match="no action"):
        may(make_user(site), "fly")


def test_an_administrator_belongs_to_every_clinic(site, other_site):
    user = make_user(role=Role.ADMINISTRATOR)

    assert set(sites_of(user)) == {site, other_site}
    assert not sites_of(make_user())


def test_a_course_of_another_clinic_does_not_exist(margaret, protocol, paul):
    from django.http import Http404

    course = make_course(margaret, protocol)

    with pytest.raises(Http404):
        get_course_or_404(paul, course.uid)


@pytest.mark.django_db
def test_somebody_without_a_clinic_reads_what_to_do():
    client = Client()
    client.force_login(make_user())

    assert b"Ask your administrator" in client.get("/day/2026-11-24/").content
    assert client.get("/", follow=True).status_code == 200
    assert client.get("/patients/new/").status_code == 200


def test_nothing_opens_for_a_guessed_id(desk):
    for name in ("patient", "book", "booked", "session", "move"):
        assert desk.get(reverse(f"frontdesk:{name}", args=[uuid.uuid4()])).status_code == 404


@pytest.mark.parametrize("address", ["/day/2026-02-30/", "/day/tomorrow/", "/patients/1/", "/nowhere/"])
def test_an_address_that_means_nothing_is_a_kind_page(desk, address):
    answer = desk.get(address)

    assert answer.status_code == 404
    assert b"Nothing is here" in answer.content


def test_the_pages_about_refusals_need_nothing_but_themselves(desk, rf, monkeypatch):
    from django.views import defaults

    assert b"Something broke" in defaults.server_error(rf.get("/")).content
    assert b"Not with your role" in defaults.permission_denied(rf.get("/"), PermissionDenied()).content
    assert b"could not be read" in defaults.bad_request(rf.get("/"), Exception()).content


def test_a_form_that_was_open_too_long_says_so(imogen, margaret):
    client = Client(enforce_csrf_checks=True)
    client.force_login(imogen)

    answer = client.post(reverse("frontdesk:book", args=[margaret.uid]))

    assert answer.status_code == 403
    assert b"open too long" in answer.content


@pytest.mark.django_db
def test_staff_sign_in_with_their_address_and_land_on_the_day(site):
    make_user(site, email="imogen@example.org", password="correct horse battery")
    assert User.objects.count() == 1
    client = Client()

    wrong = client.post("/accounts/login/", {"login": "imogen@example.org", "password": "wrong"})
    right = client.post("/accounts/login/", {"login": "imogen@example.org", "password": "correct horse battery"})

    assert wrong.status_code == 200
    assert b"imogen@example.org" in wrong.content
    assert right["Location"] == "/"


@pytest.mark.parametrize(
    "name", ["account_change_password", "mfa_index", "mfa_activate_totp", "usersessions_list", "account_logout"]
)
def test_the_pages_about_the_own_account_wear_our_clothes(desk, imogen, name):
    answer = desk.get(reverse(name), follow=True)

    assert answer.status_code == 200
    assert b"desk.css" in answer.content
