"""Going from clinic to clinic, and the desk in Spanish, as a person with keys, a phone or no script finds it."""

import pytest

from clinic.models import User
from tests.clinic.builders import make_site

from .test_desk_pages import enter, faults_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(new_context, live_server, clinic):
    user = User.objects.get(email="imogen@example.org")
    user.sites.add(make_site(name="Elm Street Clinic", timezone="America/New_York", clock="12", date_order="month"))
    return enter(new_context, live_server)


def test_another_clinic_is_reached_by_keys_on_a_narrow_screen(page, live_server):
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(f"{live_server.url}/waiting/?site={User.objects.get(email='imogen@example.org').sites.last().uid}")
    page.get_by_role("button", name="choose another").focus()
    page.keyboard.press("Enter")
    page.locator("#clinics:popover-open").wait_for()
    assert faults_of(page) == []
    box = page.locator("#clinics").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url(f"{live_server.url}/waiting/")
    assert "Elm Street Clinic" in page.get_by_role("button", name="choose another").inner_text()


def test_the_language_is_chosen_without_a_mouse_and_the_pages_stay_sound(page, live_server):
    page.goto(f"{live_server.url}/language/")
    page.get_by_label("Español").check()
    page.keyboard.press("Enter")

    page.get_by_text("Desde ahora las páginas están en este idioma.").wait_for()
    for address in ("/", "/waiting/", "/patients/", "/capacity/"):
        page.goto(live_server.url + address)
        assert page.locator("html").get_attribute("lang") == "es"
        assert faults_of(page) == []
