"""Setting up a clinic in a real browser: the first run, the rota, a protocol; by keyboard, without script, small."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from clinic.models import Chair, Protocol, Shift, Site, Technician, User
from clinic.models.people import Role
from tests.clinic import builders

from .looking import Looker

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse battery"


@pytest.fixture
def empty(transactional_db, monkeypatch, live_server, settings):
    """An installation in which nothing is but an administrator."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: builders.NOW)
    settings.BASE_URL = live_server.url
    return User.objects.create_superuser("root@example.org", PASSWORD, name="Root")


@pytest.fixture
def managed(clinic):
    """The half booked clinic, with Ruth who manages it."""
    builders.make_user(clinic, email="ruth@example.org", password=PASSWORD, name="Ruth Adeyemi", role=Role.MANAGER)
    return clinic


def enter(new_context, live_server, email, **options):
    page = new_context(**options).new_page()
    page.goto(live_server.url + "/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/accounts/" not in address)
    return page


def go_on(page):
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_from_an_empty_database_to_the_first_course_by_keyboard(new_context, live_server, empty, has_script):
    page = enter(new_context, live_server, "root@example.org", java_script_enabled=has_script)
    page.wait_for_url("**/setup/first/clinic/")

    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type("Quay Clinic")
    page.keyboard.press("Tab")
    page.keyboard.type("The Quay Rooms")
    go_on(page)
    page.get_by_label("Name of row 3").focus()
    page.keyboard.type("Chair 3")
    go_on(page)
    for row, name in enumerate(("Ana Reyes", "Ben Okafor", "Dr Hanna Weiss"), start=1):
        page.get_by_label(f"Name of row {row}").focus()
        page.keyboard.type(name)
    go_on(page)
    page.get_by_label("Standard rTMS, 36 sessions with taper").check()
    page.get_by_role("button", name="Use these").press("Enter")
    page.get_by_role("link", name="Register the first patient").press("Enter")
    page.get_by_label("Family name").fill("First")
    page.get_by_label("Given name").fill("Ada")
    page.get_by_role("textbox", name="Date of birth").fill("14/5/1971")
    go_on(page)
    page.goto(page.url + "book/")
    page.get_by_label("Standard rTMS, 36 sessions with taper").check()
    if not has_script:
        page.get_by_role("button", name="Find times").last.click()
    page.locator(".plan").first.wait_for()

    assert "33 sessions" not in page.locator(".proposal").inner_text()
    assert (Chair.objects.count(), Technician.objects.count(), Shift.objects.count()) == (3, 2, 3)


def test_a_rota_is_painted_with_the_mouse_and_with_keys(new_context, live_server, managed):
    ana = Technician.objects.filter(sessions=None).first()
    page = enter(new_context, live_server, "ruth@example.org", viewport={"width": 1440, "height": 900})
    page.goto(live_server.url + reverse("frontdesk:setup:rota", args=[managed.uid]) + "?week=2026-12-14")

    page.locator("[data-brushes] label", has_text="off").click()
    start = page.get_by_label(f"{ana.name}, Monday").bounding_box()
    end = page.get_by_label(f"{ana.name}, Wednesday").bounding_box()
    page.mouse.move(start["x"] + 10, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(end["x"] + 10, end["y"] + 10, steps=12)
    page.mouse.up()
    page.locator("[data-brushes] label", has_text="nothing").click()
    page.get_by_label(f"{ana.name}, Thursday").fill("9-12")
    page.keyboard.press("Control+Enter")
    page.get_by_label("How long").select_option("week")
    page.get_by_role("button", name="Save the rota").click()
    page.get_by_text("The rota is saved").wait_for()

    week = Shift.objects.get(technician=ana, first_date="2026-12-14")
    assert (week.hours, str(week.last_date)) == ("Thu-Fri 09:00-12:00", "2026-12-20")


def test_arrow_keys_go_from_person_to_person(new_context, live_server, managed):
    page = enter(new_context, live_server, "ruth@example.org")
    page.goto(live_server.url + reverse("frontdesk:setup:rota", args=[managed.uid]))
    names = page.locator(".rota tbody th > a").all_inner_texts()

    page.get_by_label(f"{names[0]}, Monday").focus()
    page.keyboard.press("ArrowDown")

    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == f"{names[1]}, Monday"


def test_a_rota_is_typed_without_script(new_context, live_server, managed):
    free = Technician.objects.filter(sessions=None).first()
    page = enter(new_context, live_server, "ruth@example.org", java_script_enabled=False)
    page.goto(live_server.url + reverse("frontdesk:setup:rota", args=[managed.uid]) + "?week=2026-12-14")

    page.get_by_label(f"{free.name}, Friday").fill("")
    page.keyboard.press("Enter")
    page.get_by_text("The rota is saved").wait_for()

    assert Shift.objects.filter(technician=free, hours="Mon-Thu 08:00-18:00").exists()


def test_the_example_follows_what_is_typed(new_context, live_server, managed):
    page = enter(new_context, live_server, "ruth@example.org")
    page.goto(live_server.url + reverse("frontdesk:setup:protocol", args=["thirty-daily"]))
    page.locator("#example", has_text="30 sessions").wait_for()

    page.get_by_label("Sessions", exact=True).fill("12")
    page.keyboard.press("Tab")
    page.locator("#example", has_text="12 sessions").wait_for()
    page.get_by_label("Sessions", exact=True).fill("0")
    page.keyboard.press("Tab")
    page.locator("#example", has_text="from 1 to 200").wait_for()

    assert Protocol.objects.get(slug="thirty-daily").sessions == 30


def faults_of(page):
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {node['html'][:160]}" for fault in found for node in fault["nodes"]]


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_hours_that_cannot_be_are_told_on_every_screen(new_context, live_server, managed):
    page = enter(new_context, live_server, "ruth@example.org")
    looker = Looker(page)
    looker.open("clinic", live_server.url + reverse("frontdesk:setup:site", args=[managed.uid]))
    page.get_by_label("Monday").fill("20-8")
    page.get_by_role("button", name="Save", exact=True).last.click()
    page.locator("[aria-invalid=true]").first.wait_for()
    looker.look("wrong hours")
    page.get_by_label("Monday").fill("12-18")
    page.get_by_role("button", name="Save", exact=True).last.click()
    page.locator(".stranded").wait_for()
    looker.look("sessions in the way")

    assert looker.all_faults == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_run_has_no_barrier_on_a_small_phone(new_context, live_server, empty, scheme):
    options = {"viewport": {"width": 320, "height": 700}, "color_scheme": scheme}
    page = enter(new_context, live_server, "root@example.org", **options)
    faults, wide = {"clinic": faults_of(page)}, {"clinic": overflow(page)}
    site = builders.make_site()
    for name, next_thing in (
        ("chairs", lambda: builders.make_chair(site)),
        ("people", lambda: builders.make_technician(site)),
        ("protocols", builders.make_protocol),
        ("done", lambda: None),
    ):
        page.goto(live_server.url + f"/setup/first/{name}/")
        assert page.url.endswith(f"/{name}/")
        faults[name], wide[name] = faults_of(page), overflow(page)
        next_thing()

    assert {name: found for name, found in faults.items() if found} == {}
    assert {name: over for name, over in wide.items() if over > 0} == {}
    assert Site.objects.get() == site
