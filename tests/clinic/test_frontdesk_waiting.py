"""The waiting list at the desk: put on it, plan them all, hold, book, take off."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Absence, Admission, AuditEntry, Course, Proposal, Referral
from clinic.services import admission_search, booking, waiting_list
from clinic.services.audit import Actor
from clinic.services.booking.lock import note_change

from .builders import NOW, at, make_patient, make_user
from .pages import HTMX, page_of

pytestmark = pytest.mark.usefixtures("clock")
BY = Actor.of_command("test")


@pytest.fixture
def waits(clinic, margaret, protocol):
    request = {"earliest_date": "2026-11-23", "availability": None}
    return waiting_list.refer(
        patient=margaret, protocol=protocol, site=clinic, request=request, by=BY, now=NOW - timedelta(days=12)
    )


def listed(browser, **asked):
    return browser.get(reverse("frontdesk:waiting"), asked)


def do(browser, referral, step, data=None, **options):
    return browser.post(reverse("frontdesk:referral", args=[referral.uid, step]), data, **options)


def planned(browser, site):
    """Plan everybody, and return the page that shows what each would get."""
    return browser.post(f"{reverse('frontdesk:waiting')}?site={site.uid}", {"do": "plan"}, follow=True)


def offered(browser, site):
    """Plan everybody, and hold what the page shows."""
    shown = planned(browser, site)
    revision = re.search(r'name="revision" value="(\d+)"', page_of(shown))[1]
    address = reverse("frontdesk:hold-admission", args=[Admission.objects.first().uid])
    return page_of(shown), browser.post(address, {"revision": revision}, follow=True)


def test_the_desk_puts_a_patient_on_the_list(desk, margaret, protocol):
    form = reverse("frontdesk:refer", args=[margaret.uid])
    assert form in page_of(desk.get(reverse("frontdesk:patient", args=[margaret.uid])))
    typed = {"protocol": protocol.uid, "earliest": "1 Dec", "hours": "Mon-Fri 08:00-12:00"}

    page = page_of(desk.post(form, typed | {"priority": "4", "authorisation": "awaited"}, follow=True))

    assert "Margaret Okonjo is on the waiting list." in page
    assert "Urgent" in page
    assert "Authorisation has come" in page
    referral = Referral.objects.get()
    assert referral.request == {"earliest_date": "2026-12-01", "availability": "Mon-Fri 08:00-12:00"}


@pytest.mark.parametrize(
    "typed", [{"earliest": "the day after never"}, {"hours": "whenever"}, {"priority": "3"}, {"protocol": "x"}]
)
def test_what_cannot_be_read_is_said_at_its_field(desk, margaret, protocol, typed):
    right = {"protocol": protocol.uid, "earliest": "", "hours": "", "priority": "1", "authorisation": "not-needed"}

    answer = desk.post(reverse("frontdesk:refer", args=[margaret.uid]), right | typed)

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == set(typed)
    assert not Referral.objects.exists()


def test_putting_somebody_on_the_list_twice_is_refused_kindly(desk, waits, protocol):
    right = {"protocol": protocol.uid, "earliest": "", "hours": "", "priority": "1", "authorisation": "not-needed"}

    answer = desk.post(reverse("frontdesk:refer", args=[waits.patient.uid]), right)

    assert answer.status_code == 422
    assert "is on the waiting list already" in page_of(answer)


def test_the_list_says_who_waits_how_long_and_what_to_do(desk, waits):
    page = page_of(listed(desk))

    assert "OKONJO, Margaret" in page
    assert "has waited 12 days" in page
    assert "Hold times" in page


def test_planning_them_all_shows_what_each_would_get_and_then_holds_it(desk, clinic, waits):
    shown, held = offered(desk, clinic)

    assert "1 of 1 would get a whole course" in shown
    assert "10 sessions, first Mon 23 Nov" in shown
    page = page_of(held)
    assert "Times are held until Saturday 09:00 for 1 person." in page
    assert "Agreed: book it" in page
    assert Proposal.objects.get() == Referral.objects.get().proposal


def test_a_patient_who_agrees_is_booked_as_shown(desk, clinic, waits):
    offered(desk, clinic)

    answer = do(desk, waits, "accept")

    course = Course.objects.get()
    assert answer["Location"] == reverse("frontdesk:booked", args=[course.uid])
    assert "Nobody waits." in page_of(listed(desk))


def test_somebody_who_agrees_too_late_sees_fresh_times(desk, imogen, clinic, waits, clock):
    offered(desk, clinic)
    clock[0] = NOW + timedelta(days=1)
    desk.force_login(imogen)

    page = page_of(do(desk, waits, "accept", follow=True))

    assert "These times are not held any longer" in page
    assert "Agreed: book it" in page
    assert not Course.objects.exists()


def test_one_person_may_be_given_times_alone(desk, waits):
    assert "for 1 person" in page_of(do(desk, waits, "propose", follow=True))


def test_somebody_for_whom_there_is_no_room_learns_why(desk, waits, clock):
    Referral.objects.update(request=waits.request | {"latest_date": "2026-11-27"})

    page = page_of(do(desk, waits, "propose", follow=True))

    assert "Nobody was given times." in page
    assert not Proposal.objects.exists()


def test_the_next_step_is_done_only_while_it_makes_sense(desk, waits):
    assert "Nothing is held" in page_of(do(desk, waits, "accept", follow=True))
    assert "off the waiting list" in page_of(do(desk, waits, "withdraw", follow=True))
    assert "This referral is withdrawn by now" in page_of(do(desk, waits, "authorise", follow=True))
    assert do(desk, waits, "celebrate").status_code == 404


def test_the_authorisation_is_noted_when_it_comes(desk, waits):
    Referral.objects.update(authorisation="awaited")

    page = page_of(do(desk, waits, "authorise", follow=True))

    assert "has come" in page
    assert "Hold times" in page


def test_a_gap_says_whom_it_suits(desk, waits, chairs):
    page = page_of(listed(desk, day="23 Nov", begins="9", ends="10:30", chair=str(chairs[0].uid)))
    assert "1 fits." in page
    assert "First session of Ten daily sessions" in page

    assert "0 fit." in page_of(listed(desk, day="23 Nov", begins="9", ends="9:30", chair=""))


@pytest.mark.parametrize("wrong", [{"day": "never"}, {"begins": "99"}, {"ends": "8:00"}, {"chair": "x"}])
def test_a_gap_that_cannot_be_read_is_said_at_its_field(desk, waits, wrong):
    answer = listed(desk, **{"day": "23 Nov", "begins": "9:00", "ends": "10:00", "chair": ""} | wrong)

    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == set(wrong)


def test_a_better_plan_that_was_found_meanwhile_is_shown_before_anything_is_held(desk, clinic, waits):
    planned(desk, clinic)
    Admission.objects.update(revision=2)

    answer = desk.post(reverse("frontdesk:hold-admission", args=[Admission.objects.get().uid]), {"revision": "1"})

    assert answer["Location"] == reverse("frontdesk:admission", args=[Admission.objects.get().uid])
    assert "so nothing is held yet" in page_of(desk.get(answer["Location"]))
    assert not Proposal.objects.exists()


def test_who_lost_a_time_meanwhile_is_named_and_the_others_are_held_theirs(desk, clinic, prescriber, waits, protocol):
    other = make_patient(clinic, given_name="Dina", family_name="Quist")
    waiting_list.refer(
        patient=other, protocol=protocol, site=clinic, request={"earliest_date": "2027-02-01"}, by=BY, now=NOW
    )
    planned(desk, clinic)
    first = at("2026-11-23", "08:00")
    Absence.objects.create(prescriber=prescriber, starts_at=first, ends_at=first + timedelta(days=5), cause="ill")
    note_change(clinic)

    page = page_of(
        desk.post(
            reverse("frontdesk:hold-admission", args=[Admission.objects.get().uid]), {"revision": "1"}, follow=True
        )
    )

    assert "Margaret Okonjo got nothing" in page
    assert "for 1 person" in page
    assert Proposal.objects.get().patient == other


def test_the_plan_is_held_once(desk, clinic, waits):
    offered(desk, clinic)

    again = desk.post(
        reverse("frontdesk:hold-admission", args=[Admission.objects.get().uid]), {"revision": "1"}, follow=True
    )

    assert "were held already" in page_of(again)
    assert Proposal.objects.count() == 1


def progress(browser, shown="1"):
    address = reverse("frontdesk:admission-progress", args=[Admission.objects.get().uid])
    return page_of(browser.get(address, {"shown": shown}, headers=HTMX))


def test_the_page_looks_again_by_itself_while_a_worker_searches(desk, clinic, waits):
    page = page_of(planned(desk, clinic))
    assert 'hx-trigger="every 2s"' in page
    assert "0 of 30 seconds" in page

    Admission.objects.update(searched_seconds=12)
    assert "12 of 30 seconds" in progress(desk)
    Admission.objects.update(revision=2)
    found = progress(desk)
    assert "A better plan was found." in found
    assert "every 2s" not in found
    Admission.objects.update(search_seconds=0)
    assert "The search is over." in progress(desk, shown="2")
    plan = page_of(desk.get(reverse("frontdesk:admission", args=[Admission.objects.get().uid]), headers=HTMX))
    assert plan.strip().startswith("<div")
    assert "<html" not in plan


def test_the_search_is_stopped_from_the_page(desk, clinic, waits):
    planned(desk, clinic)

    desk.post(reverse("frontdesk:stop-admission", args=[Admission.objects.get().uid]))

    assert not Admission.objects.get().is_searching
    assert AuditEntry.objects.filter(action="admission search stopped").exists()


def test_times_that_do_not_suit_are_given_back_and_the_person_goes_on_waiting(desk, clinic, waits):
    offered(desk, clinic)

    page = page_of(do(desk, waits, "decline", follow=True))

    assert "goes on waiting" in page
    assert "Hold times" in page
    assert not Proposal.objects.filter(expires_at__gt=NOW).exists()


def test_a_course_that_begins_in_a_gap_is_held_with_one_press(desk, waits, chairs):
    page = page_of(listed(desk, day="24 Nov", begins="9", ends="11:00", chair=str(chairs[1].uid)))
    key = re.search(r'name="at" value="([^"]+)"', page)[1]

    answer = do(desk, waits, "offer", data={"at": key}, follow=True)

    assert "Times are held until Saturday 09:00 for 1 person." in page_of(answer)
    first = Proposal.objects.get().plans[0]["sessions"][0]
    assert first["starts_at"] == "2026-11-24T09:00:00+00:00"
    assert first["chair"] == str(chairs[1].pk)


@pytest.mark.parametrize("key", ["", "x", "2026-11-24T03:00:00+00:00/", "2026-11-24T09:00:00+00:00/99999"])
def test_a_gap_in_which_no_course_can_begin_is_refused_kindly(desk, waits, key):
    answer = do(desk, waits, "offer", data={"at": key}, follow=True)

    assert answer.status_code == 200
    assert "note--bad" in page_of(answer) or "note--error" in page_of(answer)
    assert not Proposal.objects.exists()


def test_paul_of_another_clinic_sees_and_changes_nobody_of_this_one(other_desk, site, waits, margaret):
    assert "OKONJO" not in page_of(listed(other_desk))
    assert listed(other_desk, site=str(site.uid)).status_code == 404
    assert other_desk.get(reverse("frontdesk:refer", args=[margaret.uid])).status_code == 404
    for step in ("propose", "offer", "accept", "decline", "authorise", "withdraw"):
        assert do(other_desk, waits, step).status_code == 404
    plan = admission_search.start(site=site, by=BY, now=NOW)
    for name in ("admission", "admission-progress"):
        assert other_desk.get(reverse(f"frontdesk:{name}", args=[plan.uid])).status_code == 404
    for name in ("stop-admission", "hold-admission"):
        assert other_desk.post(reverse(f"frontdesk:{name}", args=[plan.uid])).status_code == 404
    assert not Proposal.objects.exists()
    assert Referral.objects.get().withdrawn_at is None


def test_a_technician_reads_the_list_but_changes_nothing(client, site, waits, margaret):
    client.force_login(make_user(site, role="technician"))

    page = page_of(listed(client))
    assert "OKONJO" in page
    assert "Hold times" not in page
    assert "Plan them all" not in page
    assert client.post(reverse("frontdesk:waiting"), {"do": "plan"}).status_code == 403
    assert client.get(reverse("frontdesk:refer", args=[margaret.uid])).status_code == 403
    assert do(client, waits, "withdraw").status_code == 403
    plan = admission_search.start(site=site, by=BY, now=NOW)
    assert "Hold these times" not in page_of(client.get(reverse("frontdesk:admission", args=[plan.uid])))
    for name in ("stop-admission", "hold-admission"):
        assert client.post(reverse(f"frontdesk:{name}", args=[plan.uid])).status_code == 403


def test_nobody_sees_the_list_signed_out(client, waits, margaret):
    for address in (reverse("frontdesk:waiting"), reverse("frontdesk:refer", args=[margaret.uid])):
        answer = client.get(address)
        assert answer.status_code == 302
        assert "/accounts/login/" in answer["Location"]
    assert do(client, waits, "withdraw").status_code == 302
    assert Referral.objects.get().withdrawn_at is None


def test_the_page_costs_as_many_queries_for_ten_as_for_one(desk, clinic, waits, protocol):
    listed(desk)
    with CaptureQueriesContext(connection) as one:
        listed(desk)
    for _ in range(9):
        request = {"earliest_date": "2026-11-23"}
        waiting_list.refer(
            patient=make_patient(clinic), protocol=protocol, site=clinic, request=request, by=BY, now=NOW
        )

    with CaptureQueriesContext(connection) as ten:
        assert page_of(listed(desk)).count("Hold times") == 10
    assert len(ten) == len(one)


def test_a_busy_diary_is_said_kindly(desk, waits, monkeypatch):
    def busy(**asked):
        raise booking.Busy

    monkeypatch.setattr(waiting_list, "offer", busy)
    assert "Many people changed the diary" in page_of(do(desk, waits, "propose", follow=True))
