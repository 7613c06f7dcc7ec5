"""The first run: from an administrator in an empty installation to the first day that can be booked."""

import pytest
from django.urls import reverse

from clinic.models import Chair, Patient, Protocol, Shift, Site, Technician, User
from clinic.models.people import Role
from clinic.services import booking
from clinic.services.audit import Actor

from .builders import NOW, make_chair, make_site, make_technician, make_user
from .pages import page_of

pytestmark = [pytest.mark.usefixtures("clock"), pytest.mark.django_db]


@pytest.fixture
def root(client):
    """The browser of somebody whom createsuperuser made."""
    client.force_login(User.objects.create_superuser("root@example.org", "correct horse battery"))
    return client


@pytest.fixture
def walk(root):
    """Open the step that comes next and send its form as it is shown, with some changes."""

    def send(**changes):
        shown = root.get("/setup/first/", follow=True)
        form = shown.context["form"]
        data = {field.name: field.value() for field in form if field.value() is not None}
        data |= {"rows": form.count} if hasattr(form, "count") else {}
        data |= {"slug": shown.context["chosen"]} if "chosen" in shown.context else {}
        return root.post(shown.redirect_chain[-1][0], data | changes, follow=True)

    return send


def here(answer):
    return answer.redirect_chain[-1][0] if answer.redirect_chain else answer.request["PATH_INFO"]


def test_four_pages_lead_to_a_day_that_can_be_booked(root, walk):
    assert here(root.get("/", follow=True)) == "/setup/first/clinic/"
    assert here(walk(name="Quay Clinic", public_name="The Quay Rooms")) == "/setup/first/chairs/"
    assert here(walk()) == "/setup/first/people/"
    assert here(walk(name_0="Ana Reyes", name_1="Ben Okafor", name_2="Dr Hanna Weiss")) == "/setup/first/protocols/"
    done = walk()

    assert here(done) == "/setup/first/done/"
    assert "Register the first patient" in page_of(done)
    site = Site.objects.get()
    assert [chair.name for chair in site.chairs.all()] == ["Chair 1", "Chair 2"]
    assert Shift.objects.filter(site=site, hours="Mon-Fri 08:00-18:00").count() == 3
    patient = Patient.objects.create(
        site=site, number="1", given_name="Ada", family_name="First", date_of_birth="1970-01-01"
    )
    offer = booking.propose(
        patient=patient,
        protocol=Protocol.objects.get(slug="standard-rtms-36"),
        site=site,
        request={"earliest_date": "2026-11-23"},
        by=Actor.of_command("test"),
        now=NOW,
    )
    assert len(offer.plans[0]["sessions"]) == 36 + 3


def test_a_break_in_the_middle_goes_on_where_it_stopped(root, walk):
    walk(name="Quay Clinic", public_name="The Quay Rooms")

    assert here(root.get("/setup/first/protocols/", follow=True)) == "/setup/first/chairs/"
    assert here(root.get("/setup/first/clinic/", follow=True)) == "/setup/first/chairs/"


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"name_0": "", "name_1": ""}, "Give at least one chair a name"),
        ({"name_1": "chair 1"}, "Another chair of this clinic has this name"),
        ({"name_0": "x" * 10_000}, "10,000 characters"),
        ({"kinds_0": "x" * 50}, "up to 20 letters"),
    ],
)
def test_chairs_that_cannot_be_are_refused_together(walk, changes, words):
    walk(name="Quay Clinic", public_name="The Quay Rooms")

    answer = walk(**changes)

    assert answer.status_code == 422
    assert words in page_of(answer)
    assert not Chair.objects.exists()


@pytest.mark.parametrize(
    "changes, words",
    [
        ({}, "Give the name of at least one person"),
        ({"name_0": "Ana", "hours_0": "Mon-Fri 18:00-08:00"}, "Cannot read opening hours"),
        ({"name_0": "Ana", "hours_0": ""}, "Say when this person works"),
        ({"name_0": "Ana", "hours_0": "x" * 10_000}, "Say when this person works"),
        ({"name_0": "Ana", "name_1": "Ana"}, "Another technician has this name"),
    ],
)
def test_people_who_cannot_be_are_refused_together(walk, changes, words):
    walk(name="Quay Clinic", public_name="The Quay Rooms")
    walk()

    answer = walk(**changes)

    assert answer.status_code == 422
    assert words in page_of(answer)
    assert not Technician.objects.exists()


def test_sending_a_step_twice_does_it_once(root, walk):
    walk(name="Quay Clinic", public_name="The Quay Rooms")
    form = root.get("/setup/first/chairs/").context["form"]
    data = {field.name: field.value() or "" for field in form} | {"rows": form.count}

    root.post("/setup/first/chairs/", data)
    root.post("/setup/first/chairs/", data)

    assert Chair.objects.count() == 2


def test_no_protocol_is_not_enough(root, walk):
    walk(name="Quay Clinic", public_name="The Quay Rooms")
    walk()
    walk(name_0="Ana Reyes")

    assert "Choose at least one protocol" in page_of(root.post("/setup/first/protocols/"))


@pytest.mark.parametrize("rows", ["", "x", "99999", "-1"])
def test_any_number_of_rows_is_read(root, walk, rows):
    walk(name="Quay Clinic", public_name="The Quay Rooms")

    assert root.post("/setup/first/chairs/", {"rows": rows, "name_0": "Chair 1"}).status_code == 302


def test_a_manager_of_a_clinic_that_is_ready_is_not_sent_there(client):
    site = make_site()
    make_chair(site)
    make_technician(site)
    client.force_login(make_user(site, role=Role.MANAGER))

    assert client.get("/", follow=True).redirect_chain[-1][0].startswith("/day/")


def test_the_front_desk_of_no_clinic_asks_the_administrator(client):
    client.force_login(make_user())

    assert "Ask your administrator" in page_of(client.get("/", follow=True))
    assert client.get(reverse("frontdesk:setup:first")).status_code == 403
