"""Every page of the desk: accessible in every light, whole on a narrow phone, light on the wire, clean on paper."""

import gzip

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, reverse

from clinic.frontdesk import urls as desk
from clinic.frontdesk.setup import urls as set_up
from clinic.models import Chair, Course, Patient, Protocol, Repair, Session, Technician, User
from clinic.models.people import Role
from clinic.selectors.what_if import Question
from clinic.services import admission_search, booking, disruption, waiting_list, what_if
from clinic.services.audit import Actor
from tests.clinic.builders import NOW, WEDNESDAY, make_user

from .looking import Looker

pytestmark = pytest.mark.django_db(transaction=True)
KILOBYTE = 1024
PLAIN = ("patients", "register", "help", "shortcuts", "language", "capacity", "figures", "risks", "todo")
PLAIN += ("waiting", "messages", "texts", "disruptions", "report")
# Addresses that only take what a form sends, or that answer with a part of a page, a file, or another address.
ACTS = {
    *("today", "look", "act", "here", "send-again", "new-link", "new-calendar", "revoke", "undo-merge"),
    *("release", "undo", "decide", "table", "todo-count", "ask-what-if", "stop-what-if", "admission-progress"),
    *("stop-admission", "hold-admission", "referral", "message-rules", "message", "task-done", "status"),
    *("replan", "withdraw", "apply-replan", "undo-replan", "search-progress", "stop-search"),
    *("setup:site-state", "setup:holiday", "setup:remove-absence", "setup:remove-closure", "setup:chair-state"),
    *("setup:chair-calendars", "setup:account-state", "setup:protocol-state", "setup:person-state"),
    "setup:technician-calendars",
}
OWN_JOURNEY = {"setup:first", "setup:step"}


@pytest.fixture
def addresses(clinic):
    """Every page of the desk with something on it, by its name in the table of addresses."""
    make_user(clinic, email="ruth@example.org", password="correct horse battery", name="Ruth Ade", role=Role.MANAGER)
    by, margaret = Actor.of_command("test"), Patient.objects.get(family_name="Okonjo")
    protocol = Protocol.objects.get(slug="ten-daily")
    session = Session.objects.filter(status="booked").order_by("starts_at").first()
    course, running = Course.objects.get(patient=margaret), session.course
    request = {"earliest_date": "2026-11-23"}
    waiting_list.refer(patient=margaret, protocol=protocol, site=clinic, request=request, by=by, now=NOW)
    plan = admission_search.start(site=clinic, by=by, now=NOW)
    offer = booking.propose(patient=margaret, protocol=protocol, site=clinic, request=request, by=by, now=NOW)
    chair, technician = Chair.objects.first(), Technician.objects.first()
    moved = Repair.objects.create(course=course, kind="", before={}, after={}, applied_at=NOW, undo_until=NOW)
    happening = WEDNESDAY | {"kind": "chair", "chair": str(chair.uid)}
    broken = disruption.report(happening=disruption.read_happening(happening, site=clinic, now=NOW), by=by, now=NOW)
    question = Question(a_week=1.0, mix=((protocol.slug, 1),))
    asked = what_if.ask(site=clinic, question=question, weeks=1, by=by, now=NOW)
    pages = {
        **{name: [] for name in PLAIN},
        **{name: [margaret.uid] for name in ("patient", "correct", "book", "refer", "merge", "letter")},
        **{name: [session.uid] for name in ("session", "move", "make-up")},
        **{name: [running.uid] for name in ("cancel", "decisions", "change-course")},
        **{name: [broken.uid] for name in ("disruption", "call-list")},
        **{f"setup:{name}": [] for name in ("home", "new-site", "people", "protocols", "new-protocol", "accounts")},
        **{f"setup:{name}": [clinic.uid] for name in ("site", "chairs", "rota", "time-off")},
        "day": ["2026-11-23"],
        "gaps": ["2026-11-23"],
        "admission": [plan.uid],
        "what-if": [asked.uid],
        "booked": [course.uid],
        "repair": [moved.uid],
        "choice": [offer.uid, 0, 1],
        "merge-with": [margaret.uid, session.patient.uid],
        "follow-up": [course.uid, 0],
        "setup:chair": [chair.uid],
        "setup:people-of": ["technician"],
        "setup:person": ["technician", technician.uid],
        "setup:protocol": [protocol.slug],
        "setup:account": [User.objects.get(email="imogen@example.org").uid],
    }
    return {name: reverse(f"frontdesk:{name}", args=arguments) for name, arguments in pages.items()}


# Pages that are no part of the table of the desk, and states of pages that are.
ELSEWHERE = {
    "empty day": "/day/2026-12-25/",
    "nobody": "/patients/?q=nobody",
    "by chair": "/capacity/?by=chair",
    "not found": "/nowhere/",
    "password": "/accounts/password/change/",
    "second factor": "/accounts/2fa/",
    "signed in": "/accounts/sessions/",
}


def enter(new_context, live_server, email="imogen@example.org", **options):
    page = new_context(**options).new_page()
    page.goto(live_server.url + "/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill("correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/day/**")
    return page


def open_page(page, address):
    page.goto(address)
    if address.endswith("/book/"):
        page.locator(".plan").first.wait_for()


def faults_of(page):
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {node['html'][:160]}" for fault in found for node in fault["nodes"]]


def test_every_page_is_sound_for_every_eye_on_every_screen(new_context, live_server, clinic, addresses):
    page = new_context().new_page()
    looker = Looker(page)
    looker.open("sign in", live_server.url + "/accounts/login/")
    page = enter(new_context, live_server, "ruth@example.org")
    looker = Looker(page, looker.faults)

    for name, address in (addresses | ELSEWHERE).items():
        looker.open(name, live_server.url + address, ready=".plan" if name == "book" else "main")
        if name == "book":
            page.set_viewport_size({"width": 1440, "height": 800})
            page.locator("#view-a a.day").first.click()
            page.locator("#adj:popover-open h3").wait_for()
            looker.look("panel")

    assert looker.all_faults == {}


def test_no_page_of_the_desk_was_forgotten_here(addresses):
    names = {pattern.name for pattern in desk.urlpatterns if isinstance(pattern, URLPattern)}
    names |= {f"setup:{pattern.name}" for pattern in set_up.urlpatterns}

    assert names - ACTS - OWN_JOURNEY == addresses.keys()


def weigh(page, address):
    """Return how many requests a page makes, and its compressed size in KB."""
    page.wait_for_load_state("networkidle")
    page.goto("about:blank")  # so that nothing of the page before is still on its way
    responses = []
    page.on("response", lambda response: responses.append(response))
    open_page(page, address)
    page.wait_for_load_state("networkidle")
    bodies = [response.body() for response in responses if not 300 <= response.status < 400]
    return len(responses), sum(len(gzip.compress(body, 6)) for body in bodies) / KILOBYTE


def test_pages_are_light(new_context, live_server, clinic, addresses):
    page = new_context().new_page()
    requests, size = weigh(page, live_server.url + "/accounts/login/")
    assert (requests <= 8, size <= 60) == (True, True), (requests, size)

    page = enter(new_context, live_server)
    requests, size = weigh(page, live_server.url + addresses["book"])
    assert (requests <= 8, size <= 60) == (True, True), (requests, size)


def test_a_schedule_is_printed_without_what_only_a_screen_needs(new_context, live_server, clinic, addresses):
    page = enter(new_context, live_server)
    open_page(page, live_server.url + addresses["booked"])
    page.emulate_media(media="print")

    assert not page.get_by_role("navigation", name="Main").is_visible()
    assert not page.get_by_role("searchbox").is_visible()
    assert page.locator(".plancal").is_visible()
