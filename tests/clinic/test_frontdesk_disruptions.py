"""The desk says that something happened, sees before and after, moves people, and takes it back."""

import re

import pytest
from django.test import Client

from clinic.models import Closure, Disruption, Replan, Session
from clinic.services import booking
from clinic.services.audit import Actor

from .builders import at, make_patient, make_user
from .pages import HTMX, page_of


@pytest.fixture
def ada(clinic):
    return make_patient(clinic, given_name="Ada", family_name="Quist")


@pytest.fixture
def course(clinic, protocol, imogen, ada, clock, now):
    """Ada's ten daily sessions."""
    by = Actor.of_user(imogen)
    request = {"earliest_date": "2026-11-23", "time": "08:30"}
    offer = booking.propose(patient=ada, protocol=protocol, site=clinic, request=request, by=by, now=now)
    return booking.book(proposal=offer, plan_kind=offer.plans[0]["kind"], by=by, now=now)


@pytest.fixture
def said():
    """What the form sends when the clinic is closed on Wednesday."""
    return {
        "what": "site",
        "from_day": "wed 25/11",
        "until_day": "25/11",
        **dict.fromkeys(("from_time", "until_time", "opens", "closes"), ""),
        "cause": "burst pipe",
    }


@pytest.fixture
def shut(desk, course, said):
    """The clinic is closed on Wednesday, and a plan is there."""
    desk.post("/disruptions/new/", said)
    return Disruption.objects.get()


def test_the_front_desk_says_what_happened_and_sees_before_and_after(desk, course, said):
    answer = desk.post("/disruptions/new/", said, follow=True)

    page = page_of(answer)
    assert Closure.objects.get().starts_at == at("2026-11-25", "00:00")
    assert answer.redirect_chain[0][0] == f"/disruptions/{Disruption.objects.get().uid}/"
    assert "Ada Quist" in page
    assert "Wed 25 Nov 08:30" in page
    assert "burst pipe" in page
    assert "The proven least of any plan: people 1, sessions 1." in page


def test_the_ticked_patient_is_moved_and_moved_back(desk, shut, course):
    replan = Replan.objects.get()
    wednesday = Session.objects.filter(starts_at__date="2026-11-25")

    done = desk.post(f"/replans/{replan.uid}/apply/", {"course": str(course.uid), "revision": "1"}, follow=True)
    assert not wednesday.exists()
    back = desk.post(f"/replans/{replan.uid}/undo/", follow=True)

    assert re.search(r"\d+ sessions? of 1 patient moved", page_of(done))
    assert "put back where they were" in page_of(back)
    assert wednesday.exists()


def test_nothing_moves_when_nobody_is_ticked(desk, shut):
    answer = desk.post(f"/replans/{Replan.objects.get().uid}/apply/", {"revision": "1"}, follow=True)

    assert "Tick the patients" in page_of(answer)
    assert Session.objects.filter(starts_at__date="2026-11-25").exists()


def test_a_plan_that_was_replaced_by_a_better_one_is_shown_before_anything_moves(desk, shut, course):
    Replan.objects.update(revision=2)

    answer = desk.post(
        f"/replans/{Replan.objects.get().uid}/apply/", {"course": str(course.uid), "revision": "1"}, follow=True
    )

    assert "A better plan was found meanwhile" in page_of(answer)
    assert Session.objects.filter(starts_at__date="2026-11-25").exists()


def test_what_no_longer_fits_comes_back_with_a_fresh_plan(desk, shut, course):
    Session.objects.filter(starts_at__date="2026-11-25").update(version=5)

    answer = desk.post(
        f"/replans/{Replan.objects.get().uid}/apply/", {"course": str(course.uid), "revision": "1"}, follow=True
    )

    assert "Ada Quist was not moved. Somebody has changed this course meanwhile." in page_of(answer)
    again = {"course": str(course.uid), "revision": "2"}
    desk.post(f"/replans/{Replan.objects.get().uid}/apply/", again)
    assert not Session.objects.filter(starts_at__date="2026-11-25").exists()


def test_a_call_is_noted_and_stands_on_the_list(desk, shut, course):
    replan = Replan.objects.get()

    desk.post(f"/replans/{replan.uid}/apply/", {"call": f"not-reached:{course.uid}"})

    assert set(replan.changes.values_list("call", flat=True)) == {"not-reached"}
    page = page_of(desk.get(f"/disruptions/{shut.uid}/calls/"))
    assert "not reached" in page
    assert "Ada Quist" in page


def test_the_search_can_be_stopped_and_another_strategy_chosen(desk, shut):
    desk.post(f"/replans/{Replan.objects.get().uid}/stop/")
    assert not Replan.objects.get().is_searching

    desk.post(f"/disruptions/{shut.uid}/plan/", {"strategy": "usual-time"})

    assert Replan.objects.first().strategy == "usual-time"


def test_the_page_looks_again_by_itself_and_shows_a_better_plan_when_there_is_one(desk, shut):
    page = page_of(desk.get(f"/disruptions/{shut.uid}/"))
    assert 'hx-trigger="every 2s"' in page
    address = f"/replans/{Replan.objects.get().uid}/progress/?shown=1"

    Replan.objects.update(searched_seconds=15)
    assert "15 of 30 seconds" in page_of(desk.get(address, headers=HTMX))
    Replan.objects.update(revision=2)
    found = page_of(desk.get(address, headers=HTMX))
    assert "A better plan was found." in found
    assert f'hx-get="/disruptions/{shut.uid}/"' in found
    part = page_of(desk.get(f"/disruptions/{shut.uid}/", headers=HTMX))
    assert "<html" not in part
    assert 'name="revision" value="2"' in part


def test_a_search_that_is_over_says_so_and_asks_no_more(desk, shut):
    Replan.objects.update(searched_seconds=30)

    said = page_of(desk.get(f"/replans/{Replan.objects.get().uid}/progress/?shown=1", headers=HTMX))

    assert "The search is over." in said
    assert "every 2s" not in said


def test_a_mistake_is_withdrawn(desk, shut):
    answer = desk.post(f"/disruptions/{shut.uid}/withdraw/", follow=True)

    assert "withdrawn" in page_of(answer)
    assert not Closure.objects.exists()


def test_the_list_of_disruptions_tells_which_are_open(desk, shut):
    page = page_of(desk.get("/disruptions/"))

    assert "Harbour Street Clinic" in page
    assert "pill--warn" in page


@pytest.mark.parametrize(
    "changed, sentence",
    [
        ({"what": ""}, "Choose what happened."),
        ({"what": "chair:1"}, "Choose what happened."),
        ({"from_day": "someday"}, "Cannot read"),
        ({"from_time": "noonish"}, "Cannot read"),
        ({"until_day": "24/11"}, "ends before it begins"),
        ({"from_day": "18/11", "until_day": "18/11"}, "This is over already"),
        ({"what": "hours", "opens": "", "closes": ""}, "Give a time such as 09:30."),
        ({"cause": "x" * 121}, "120 is the most"),
        ({"cause": "\x00"}, "a sign that nobody can see"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field_and_nothing_is_saved(desk, course, said, changed, sentence):
    answer = desk.post("/disruptions/new/", said | changed)

    assert answer.status_code == 422
    assert sentence in page_of(answer).replace("&#x27;", "'")
    assert not Closure.objects.exists()


def test_narrowed_hours_can_be_said(desk, course, said):
    desk.post("/disruptions/new/", said | {"what": "hours", "opens": "10", "closes": "14:00"})

    assert Closure.objects.count() == 2
    assert "open 10:00 to 14:00 only" in page_of(desk.get(f"/disruptions/{Disruption.objects.get().uid}/"))


ADDRESSES = ("disruptions/{d}/", "disruptions/{d}/calls/", "replans/{r}/progress/")
DEEDS = (
    "disruptions/{d}/plan/",
    "disruptions/{d}/withdraw/",
    "replans/{r}/apply/",
    "replans/{r}/undo/",
    "replans/{r}/stop/",
)


def filled(address, shut):
    return "/" + address.format(d=shut.uid, r=Replan.objects.get().uid)


@pytest.mark.parametrize("address", [*ADDRESSES, *DEEDS])
def test_somebody_of_another_clinic_finds_nothing_there(other_desk, shut, course, address):
    send = other_desk.get if address in ADDRESSES else other_desk.post

    assert send(filled(address, shut), {"course": str(course.uid)}).status_code == 404


def test_somebody_of_another_clinic_sees_no_disruption_of_this_one(other_desk, shut, site):
    assert "Harbour" not in page_of(other_desk.get("/disruptions/"))
    assert other_desk.get("/disruptions/new/", {"site": str(site.uid)}).status_code == 404


@pytest.mark.parametrize("address", [*ADDRESSES, *DEEDS, "disruptions/", "disruptions/new/"])
def test_who_is_not_signed_in_is_asked_to(shut, address):
    answer = Client().post(filled(address, shut))

    assert answer.status_code == 302
    assert "/accounts/login/" in answer["Location"]


@pytest.mark.parametrize("address", [*DEEDS, "disruptions/new/"])
def test_a_technician_may_look_but_not_replan(client, site, shut, address):
    client.force_login(make_user(site, role="technician"))

    assert client.post(filled(address, shut)).status_code == 403
    page = page_of(client.get(f"/disruptions/{shut.uid}/"))
    assert "Ada Quist" in page
    assert not re.search(r'<button[^>]*name="call"', page)


@pytest.mark.parametrize("address", DEEDS)
def test_nothing_is_changed_by_following_a_link(desk, shut, address):
    assert desk.get(filled(address, shut)).status_code == 405


def test_a_longer_plan_costs_no_more_queries(
    desk, shut, said, clinic, protocol, imogen, now, django_assert_num_queries
):
    with django_assert_num_queries(12):
        desk.get(f"/disruptions/{shut.uid}/")
    for _ in range(3):
        request = {"earliest_date": "2026-11-23"}
        person, by = make_patient(clinic), Actor.of_user(imogen)
        offer = booking.propose(patient=person, protocol=protocol, site=clinic, request=request, by=by, now=now)
        booking.book(proposal=offer, plan_kind=offer.plans[0]["kind"], by=by, now=now)
    thursday = said | {"from_day": "26/11", "until_day": "26/11"}
    desk.post("/disruptions/new/", thursday)
    longer = Disruption.objects.first()

    assert longer.replans.get().changes.values("course").distinct().count() == 4
    with django_assert_num_queries(12):
        desk.get(f"/disruptions/{longer.uid}/")


@pytest.fixture
def crowd(desk, course, clinic, protocol, imogen, now, said):
    """Four people with sessions on the Wednesday on which the clinic is closed, and the plan for them."""
    for _ in range(3):
        person, by = make_patient(clinic, phone="0117 496 0999"), Actor.of_user(imogen)
        request = {"earliest_date": "2026-11-23", "time": "08:30"}
        offer = booking.propose(patient=person, protocol=protocol, site=clinic, request=request, by=by, now=now)
        booking.book(proposal=offer, plan_kind=offer.plans[0]["kind"], by=by, now=now)
    desk.post("/disruptions/new/", said)
    replan = Replan.objects.get()
    replan.changes.update(contact="call")
    return replan


def ticks(desk, replan):
    page = page_of(desk.get(f"/disruptions/{replan.disruption.uid}/"))
    return set(re.findall(r'name="course" value="([^"]+)" checked', page))


def test_who_was_ticked_stays_ticked_while_calls_are_noted(desk, crowd):
    first, second, third, fourth = (str(u) for u in dict.fromkeys(crowd.changes.values_list("course__uid", flat=True)))
    address = f"/replans/{crowd.uid}/apply/"
    assert ticks(desk, crowd) == set()

    answer = desk.post(address, {"call": f"agreed:{first}", "course": [fourth], "revision": "1"})
    assert answer["Location"] == f"/disruptions/{crowd.disruption.uid}/#c-{first}"
    assert ticks(desk, crowd) == {first, fourth}
    desk.post(address, {"call": f"agreed:{second}", "from": "calls"})
    desk.post(address, {"call": f"not-reached:{fourth}", "from": "calls"})
    assert ticks(desk, crowd) == {first, second}

    Replan.objects.update(revision=2)
    assert ticks(desk, crowd) == {first, second}
    assert third not in ticks(desk, crowd)


def test_a_call_can_be_noted_on_the_call_list_and_leads_back_to_it(desk, crowd):
    uid = crowd.changes.values_list("course__uid", flat=True)[0]
    calls = f"/disruptions/{crowd.disruption.uid}/calls/"
    assert 'href="tel:01174960999"' in page_of(desk.get(calls))

    answer = desk.post(f"/replans/{crowd.uid}/apply/", {"call": f"other-time:{uid}", "from": "calls"})

    assert answer["Location"] == f"{calls}#c-{uid}"
    page = page_of(desk.get(calls))
    assert "wants another time" in page
    assert re.search(r"Noted: .+, wants another time\.", page)


def test_two_people_who_note_calls_keep_their_own_ticks(desk, client, site, crowd):
    first, second, *_ = (str(u) for u in dict.fromkeys(crowd.changes.values_list("course__uid", flat=True)))
    theo = Client()
    theo.force_login(make_user(site))

    theo.post(f"/replans/{crowd.uid}/apply/", {"call": f"agreed:{second}", "course": [first], "revision": "1"})

    assert ticks(theo, crowd) == {first, second}
    assert ticks(desk, crowd) == {second}


def test_applying_and_undoing_twice_changes_nothing_more(desk, shut, course):
    replan = Replan.objects.get()
    apply, undo = f"/replans/{replan.uid}/apply/", f"/replans/{replan.uid}/undo/"
    sent = {"course": str(course.uid), "revision": "1"}
    desk.post(apply, sent)
    moved = list(Session.objects.order_by("pk").values_list("pk", "starts_at", "version"))

    again = desk.post(apply, sent, follow=True)
    assert again.status_code == 200
    assert list(Session.objects.order_by("pk").values_list("pk", "starts_at", "version")) == moved

    desk.post(undo)
    back = list(Session.objects.order_by("pk").values_list("pk", "starts_at", "version"))
    assert desk.post(undo, follow=True).status_code == 200
    assert list(Session.objects.order_by("pk").values_list("pk", "starts_at", "version")) == back


def test_a_page_that_is_left_open_until_the_disruption_is_withdrawn_moves_nobody(desk, shut, course):
    replan = Replan.objects.get()
    before = list(Session.objects.order_by("pk").values_list("pk", "starts_at"))
    desk.post(f"/disruptions/{shut.uid}/withdraw/")

    answer = desk.post(f"/replans/{replan.uid}/apply/", {"course": str(course.uid), "revision": "1"}, follow=True)

    assert answer.status_code == 200
    assert list(Session.objects.order_by("pk").values_list("pk", "starts_at")) == before
    assert desk.post(f"/disruptions/{shut.uid}/withdraw/", follow=True).status_code == 200


def test_a_disruption_reported_twice_by_the_back_button_is_one_closure_more_and_moves_nobody_twice(desk, shut, said):
    answer = desk.post("/disruptions/new/", said, follow=True)

    assert answer.status_code == 200
    assert Disruption.objects.count() == 2
    assert "Ada Quist" in page_of(answer)


def test_people_without_a_place_stand_together_under_their_reason(desk, shut, course):
    reasons = [{"code": "still-searching"}]
    Replan.objects.update(unplaced=[{"course": str(course.uid), "reasons": reasons}])

    page = page_of(desk.get(f"/disruptions/{shut.uid}/"))

    assert "1 patient has no place." in page
    assert "There was no time yet to look for a place." in page
    assert "It is proven" not in page


def test_one_day_is_said_once(desk, course, said):
    desk.post("/disruptions/new/", said | {"until_day": ""})

    closure = Closure.objects.get()
    assert (closure.starts_at, closure.ends_at) == (at("2026-11-25", "00:00"), at("2026-11-26", "00:00"))


def test_a_first_day_that_cannot_be_read_is_said_once_and_not_for_the_last_day_too(desk, course, said):
    page = page_of(desk.post("/disruptions/new/", said | {"from_day": "someday", "until_day": ""}))

    assert page.count("Cannot read") == 1
