"""Protocols, chosen from the catalogue or built from phases: the planner's own sentences, versions that stay."""

import pytest
from django.urls import reverse

from clinic.models import AuditEntry, Protocol
from clinic.models.people import Role
from clinic.planning import protocol_value
from clinic.selectors.setup.recipes import FIRST_PHASE, example, typed
from clinic.services.setup.recipes import read_recipe
from scheduler import catalog

from .builders import NOW, make_course, make_user
from .pages import HTMX, page_of

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def manager(client, clinic):
    client.force_login(make_user(clinic, name="Ruth Adeyemi", role=Role.MANAGER))
    return client


@pytest.fixture
def send(manager):
    """Send the form of a protocol as it is shown, with some changes."""

    def post(slug="", headers=None, **changes):
        name = "protocol" if slug else "new-protocol"
        url = reverse(f"frontdesk:setup:{name}", args=[slug] if slug else [])
        form = manager.get(url).context["form"]
        data = {field.name: field.value() for field in form if field.value() is not None}
        return manager.post(url, data | changes, headers=headers)

    return post


def as_sent(recipe):
    """Return the form of a recipe as a browser sends it: texts, and lists of texts."""
    return {name: value if isinstance(value, list) else str(value) for name, value in typed(recipe).items()}


@pytest.mark.parametrize("recipe", catalog.ALL, ids=lambda recipe: recipe.slug)
def test_saving_a_protocol_of_the_catalogue_unchanged_changes_nothing(recipe):
    assert read_recipe(as_sent(recipe), slug=recipe.slug, base=recipe) == recipe


@pytest.mark.parametrize("recipe", catalog.ALL, ids=lambda recipe: recipe.slug)
def test_every_protocol_of_the_catalogue_has_an_example(site, recipe):
    shown = example(recipe, site=site, now=NOW)

    assert (shown.sessions, shown.why_not) == (recipe.sessions(), ())


def test_a_protocol_is_built_from_phases(send):
    more = {f"p1-{name}": value for name, value in FIRST_PHASE.items()}
    more |= {"p1-name": "taper", "p1-sessions": "", "p1-taper": "3, 2, 1", "p1-week_min": "1"}

    answer = send(name="Twenty and a taper", first_minutes="60", follow_ups="1 month", follow_minutes="20", **more)

    row = Protocol.objects.get()
    recipe = protocol_value(row)
    assert answer["Location"] == reverse("frontdesk:setup:protocols")
    assert (row.slug, row.version, row.sessions, row.is_current) == ("twenty-and-a-taper", 1, 26, True)
    assert [phase.name for phase in recipe.phases] == ["acute", "taper"]
    assert recipe.phases[1].taper == (3, 2, 1)
    assert (recipe.first_visit.minutes, recipe.first_visit.chair_kinds) == (60, {"rtms"})
    assert (recipe.follow_ups[0].months, recipe.follow_ups[0].visit.minutes) == (1, 20)


def test_a_change_is_a_new_version_and_running_courses_keep_theirs(send, protocol, margaret):
    course = make_course(margaret, protocol)

    send(protocol.slug, **{"p0-sessions": "12"})

    new = Protocol.objects.get(slug=protocol.slug, is_current=True)
    course.refresh_from_db()
    assert (new.version, new.sessions) == (2, 12)
    assert course.protocol.sessions == 10
    assert AuditEntry.objects.get(action="protocol changed").data == {"protocol": protocol.slug, "version": 2}


def test_saving_what_is_so_already_makes_no_version(send, protocol):
    send(protocol.slug)

    assert Protocol.objects.count() == 1


def test_sending_a_change_twice_makes_one_version(send, manager, protocol):
    url = reverse("frontdesk:setup:protocol", args=[protocol.slug])
    form = manager.get(url).context["form"]
    data = {field.name: field.value() for field in form if field.value() is not None} | {"p0-sessions": "12"}

    manager.post(url, data)
    manager.post(url, data)

    assert Protocol.objects.count() == 2


def test_somebody_who_looks_at_an_old_version_overwrites_nothing(send, manager, protocol):
    url = reverse("frontdesk:setup:protocol", args=[protocol.slug])
    old = {field.name: field.value() for field in manager.get(url).context["form"] if field.value() is not None}
    send(protocol.slug, **{"p0-sessions": "12"})

    answer = manager.post(url, old | {"p0-sessions": "15"})

    assert "Somebody else changed this" in page_of(answer)
    assert Protocol.objects.get(is_current=True).sessions == 12


@pytest.mark.parametrize(
    "field, value, words",
    [
        ("name", "", "Please give the name"),
        ("name", "x" * 10_000, "10,000 characters"),
        ("p0-name", "", "Please give the name of the phase"),
        ("p0-sessions", "0", "as a number from 1 to 200"),
        ("p0-sessions", "many", "as a number from 1 to 200"),
        ("p0-minutes", "1000", "as a number from 1 to 720"),
        ("p0-week_min", "6", "its fewest days a week exceed its most"),
        ("p0-weekdays", ["0", "2"], "it needs more days than its weekdays give"),
        ("p0-weekdays", [], "it needs at least one weekday"),
        ("p0-per_day", "2", "two sessions of one day would overlap"),
        ("p0-per_day", "3", "its sessions must fill whole days"),
        ("p0-gap_min", "15", "its shortest gap exceeds its longest gap"),
        ("p0-taper", "three", "A taper names the days of each week"),
        ("first_minutes", "-5", "as a number from 1 to 720"),
        ("redo_every", "10", "every 7, 14, 21"),
        ("follow_ups", "next year", "Try 4 weeks, 1 month"),
        ("follow_ups", "9999 months", "Cannot read"),
        ("assessments", "PHQ-9", "Try PHQ-9: 1, 10, 20"),
        ("assessments", "PHQ-9: soon", "Try PHQ-9: 1, 10, 20"),
        ("assessments", "PHQ-9: 1, 21", "There is no session 21: the protocol has 20."),
        ("assessments", "PHQ-9: 1, 1", "Name each assessment of a session once"),
        ("p0-block", "often", "Write the days in a row as 5, or as 3-5."),
        ("p0-block", "6-3", "A block has 1 to 14 days"),
    ],
)
def test_what_cannot_be_is_told_in_the_planners_own_words(send, field, value, words):
    more = {"redo_minutes": "60"} if field == "redo_every" else {"follow_minutes": "30", "p0-break": "2"}

    answer = send(**{"name": "Mine"} | more | {field: value})

    assert answer.status_code == 422
    assert words in page_of(answer).replace("&#x27;", "'")
    assert answer.context["form"][field].value() == value
    assert not Protocol.objects.exists()


def test_two_phases_of_one_name_are_refused(send):
    more = {f"p1-{name}": value for name, value in FIRST_PHASE.items()}

    assert "Each phase of a protocol needs its own name" in page_of(send(name="Mine", **more))


def test_two_protocols_of_one_name_are_asked_about(send, protocol):
    assert "Another protocol has this name" in page_of(send(name=protocol.name))


def test_the_example_follows_what_is_typed_and_saves_nothing(send, protocol):
    answer = send(protocol.slug, headers=HTMX, do="example", **{"p0-sessions": "7"})

    page = page_of(answer)
    assert "7 sessions, Mon 23 Nov" in page
    assert "<html" not in page
    assert Protocol.objects.get().sessions == 10


def test_the_example_works_without_script(send, protocol):
    answer = send(protocol.slug, do="example", **{"p0-sessions": "7"})

    assert "7 sessions, Mon 23 Nov" in page_of(answer)
    assert "<html" in page_of(answer)


def test_an_example_that_cannot_be_says_why(send, site):
    site.hours = "Sat 09:00-12:00"
    site.save()

    page = page_of(send(headers=HTMX, do="example", name="Mine"))

    assert "This rhythm finds no place in the hours of Harbour Street Clinic" in page
    assert "named below" not in page


def test_phases_are_added_moved_and_removed_without_script(send, manager):
    added = send(do="add", name="Mine").context["form"]
    assert added.numbers == [0, 1]
    data = {field.name: field.value() for field in added if field.value() is not None} | {"p1-name": "taper"}

    url = reverse("frontdesk:setup:new-protocol")
    moved = manager.post(url, data | {"do": "up-1"}).context["form"]
    assert [moved["p0-name"].value(), moved["p1-name"].value()] == ["taper", "acute"]
    removed = manager.post(url, data | {"do": "remove-0"}).context["form"]
    assert [removed[f"p{number}-name"].value() for number in removed.numbers] == ["taper"]


@pytest.mark.parametrize("action", ["remove-99", "up-x", "remove-", "up-0", "add-5", "nonsense"])
def test_a_button_that_does_not_exist_breaks_nothing(send, action):
    assert send(do=action, name="Mine").status_code in (200, 302)


def test_a_form_with_nothing_in_it_is_a_sentence(manager):
    answer = manager.post(reverse("frontdesk:setup:new-protocol"), {})

    assert answer.status_code == 422


def test_the_catalogue_is_chosen_from(manager):
    url = reverse("frontdesk:setup:protocols")

    manager.post(url, {"slug": ["rtms-20", "itbs-30"]})
    manager.post(url, {"slug": ["rtms-20", "itbs-30"]})

    assert set(Protocol.objects.values_list("slug", flat=True)) == {"rtms-20", "itbs-30"}
    assert manager.post(url, {"slug": ["no-such"]}).status_code == 422
    assert manager.post(url, {}).status_code == 422


def test_what_the_clinic_lacks_for_a_protocol_is_told(manager):
    page = page_of(manager.get(reverse("frontdesk:setup:protocols")))

    assert "no chair of kind deep" in page
    assert "no prescriber" not in page


def test_a_protocol_off_the_list_is_not_offered_and_can_come_back(manager, protocol):
    url = reverse("frontdesk:setup:protocol-state", args=[protocol.slug])

    manager.post(url, {"do": "retire"})
    assert not Protocol.objects.filter(is_current=True).exists()
    manager.post(url, {"do": "offer"})
    assert Protocol.objects.get(is_current=True) == protocol


def test_assessments_are_written_by_name_and_session():
    base = catalog.STANDARD_RTMS

    changed = read_recipe(as_sent(base) | {"assessments": "Sleep diary: 20, 5; PHQ-9: 5"}, slug=base.slug, base=base)

    told = [(item.at_session, item.name) for item in changed.assessments]
    assert told == [(5, "PHQ-9"), (5, "Sleep diary"), (20, "Sleep diary")]


@pytest.mark.parametrize(("days", "break_", "blocks"), [("5", "1", (5, 5, 1)), ("3-5", "2", (3, 5, 2))])
def test_days_in_a_row_are_written_as_a_range(days, break_, blocks):
    base = catalog.STANDARD_RTMS

    changed = read_recipe(as_sent(base) | {"p0-block": days, "p0-break": break_}, slug=base.slug, base=base)

    found = changed.phases[0].blocks
    assert (found.min_days, found.max_days, found.max_break_days) == blocks


def test_what_the_form_does_not_show_stays():
    base = catalog.CHRONIC_PAIN

    changed = read_recipe(as_sent(base) | {"p0-minutes": "25"}, slug=base.slug, base=base)

    assert changed.phases[0].per_week_target == 4
    assert changed.phases[0].visit.minutes == 25
