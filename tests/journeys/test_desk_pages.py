"""Every page of the desk: accessible in light and dark, whole on a narrow phone, light on the wire, clean on paper."""

import gzip

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from clinic.models import Course, Patient, Protocol, Session
from clinic.services import admission_search, waiting_list
from clinic.services.audit import Actor
from tests.clinic.builders import NOW

pytestmark = pytest.mark.django_db(transaction=True)
KILOBYTE = 1024


@pytest.fixture
def addresses(clinic):
    """The desk's pages with something on them."""
    margaret = Patient.objects.get(family_name="Okonjo")
    session = Session.objects.filter(status="booked").order_by("starts_at").first()
    course = Course.objects.get(patient=margaret)
    running = session.course
    waiting_list.refer(
        patient=margaret,
        protocol=Protocol.objects.get(slug="ten-daily"),
        site=clinic,
        request={"earliest_date": "2026-11-23"},
        by=Actor.of_command("test"),
        now=NOW,
    )
    plan = admission_search.start(site=clinic, by=Actor.of_command("test"), now=NOW)
    pages = {
        "day": ("day", ["2026-11-23"]),
        "empty day": ("day", ["2026-12-25"]),
        "gaps": ("gaps", ["2026-11-23"]),
        "keys": ("shortcuts", []),
        "planned list": ("admission", [plan.uid]),
        "patients": ("patients", []),
        "to do": ("todo", []),
        "at risk": ("risks", []),
        "capacity": ("capacity", []),
        "how it went": ("figures", []),
        "waiting list": ("waiting", []),
        "refer": ("refer", [margaret.uid]),
        "new patient": ("register", []),
        "patient": ("patient", [margaret.uid]),
        "help": ("help", []),
        "details": ("correct", [margaret.uid]),
        "merge": ("merge", [margaret.uid]),
        "merge with": ("merge-with", [margaret.uid, session.patient.uid]),
        "book": ("book", [margaret.uid]),
        "booked": ("booked", [course.uid]),
        "cancel": ("cancel", [running.uid]),
        "session": ("session", [session.uid]),
        "move": ("move", [session.uid]),
        "make up": ("make-up", [session.uid]),
        "go on": ("decisions", [running.uid]),
        "change a course": ("change-course", [running.uid]),
    }
    found = {name: reverse(f"frontdesk:{view}", args=arguments) for name, (view, arguments) in pages.items()}
    return found | {
        "nobody": "/patients/?q=nobody",
        "not found": "/nowhere/",
        "password": reverse("account_change_password"),
        "second factor": reverse("mfa_index"),
        "signed in": reverse("usersessions_list"),
    }


def enter(new_context, live_server, **options):
    page = new_context(**options).new_page()
    page.goto(live_server.url + "/accounts/login/")
    page.get_by_label("Email").fill("imogen@example.org")
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier(new_context, live_server, clinic, addresses, scheme):
    page = new_context(color_scheme=scheme).new_page()
    page.goto(live_server.url + "/accounts/login/")
    faults = {"sign in": faults_of(page)}
    page = enter(new_context, live_server, color_scheme=scheme)

    for name, address in addresses.items():
        open_page(page, live_server.url + address)
        faults[name] = faults_of(page)
        if name == "book":
            page.locator("#view-a a.day").first.click()
            page.locator("#adj:popover-open h3").wait_for()
            faults["panel"] = faults_of(page)

    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_no_page_scrolls_sideways(new_context, live_server, clinic, addresses, width):
    page = enter(new_context, live_server, viewport={"width": width, "height": 700})
    wide = {}

    for name, address in addresses.items():
        open_page(page, live_server.url + address)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            wide[name] = over

    assert wide == {}


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
    for name, address in addresses.items():
        if name != "not found":
            answer = page.request.get(live_server.url + address)
            assert len(gzip.compress(answer.body(), 6)) / KILOBYTE <= 15, name


def test_a_schedule_is_printed_without_what_only_a_screen_needs(new_context, live_server, clinic, addresses):
    page = enter(new_context, live_server)
    open_page(page, live_server.url + addresses["booked"])
    page.emulate_media(media="print")

    assert not page.get_by_role("navigation", name="Main").is_visible()
    assert not page.get_by_role("searchbox").is_visible()
    assert page.locator(".plancal").is_visible()
