"""Booking a whole course at the desk: the form, the plans, single sessions, confirming, undoing."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from clinic.models import AuditEntry, Chair, Closure, Course, OutboundMessage, Proposal, Session
from clinic.services import booking
from clinic.services.audit import Actor

from .builders import NOW, at, make_course
from .pages import HTMX, chosen, confirm, page_of

pytestmark = pytest.mark.usefixtures("clock")

MOST_QUERIES = 30


def test_the_page_opens_as_the_last_course_was(desk, clinic, margaret, protocol):
    make_course(margaret, protocol, request={"earliest_date": "2026-08-03", "availability": "Mon-Fri 08:00-10:00"})

    page = page_of(desk.get(reverse("frontdesk:book", args=[margaret.uid])))

    assert re.search(rf'value="{protocol.uid}" checked', page)
    assert len(re.findall(r'name="av" value="[^"]+" checked', page)) == 10
    assert 'hx-trigger="load, change' in page
    assert not Proposal.objects.exists()


def test_a_new_patient_begins_with_any_time_and_no_protocol(desk, clinic, margaret, protocol):
    page = page_of(desk.get(reverse("frontdesk:book", args=[margaret.uid])))

    assert not re.search(r'name="protocol" value="[^"]+" checked', page)
    assert len(re.findall(r'name="av" value="[^"]+" checked', page)) == 50
    assert "The plans appear here" in page
    assert 'hx-trigger="change' in page


def test_three_plans_are_found_with_every_session_and_its_reason(ask, asked, desk):
    page = page_of(ask(asked, headers=HTMX))

    assert "all 10 sessions placed" in page
    assert page.count('name="plan"') == len(Proposal.objects.get().plans)
    assert "Session 1, Monday 23 November, 08:30, chair" in page
    assert "Follow-ups:" in page
    proposal = Proposal.objects.get()
    panel = page_of(desk.get(reverse("frontdesk:choice", args=[proposal.uid, 0, 2]), headers=HTMX))
    assert re.search(r'<ul class="why"><li>[^<]{12,}', panel)


def test_a_change_of_the_form_gives_the_times_of_the_plans_before_back(ask, asked):
    ask(asked)
    ask(asked | {"time": "14:00"})

    assert Proposal.objects.filter(expires_at__gt=NOW).count() == 1


def test_trying_out_one_wish_after_another_is_one_line_in_the_record(ask, asked, margaret, clock):
    for time in ("830", "14:00", "9:15"):
        ask(asked | {"time": time})
    lines = AuditEntry.objects.filter(patient=margaret, action="course proposed")
    assert lines.count() == 1

    clock[0] += timedelta(hours=1)
    ask(asked)

    assert lines.count() == 2


def test_planning_is_one_call_and_its_queries_do_not_grow(
    ask, asked, margaret, pia, django_assert_max_num_queries, monkeypatch
):
    ask(asked)
    calls = []
    propose = booking.propose
    monkeypatch.setattr(booking, "propose", lambda **given: calls.append(given) or propose(**given))
    with django_assert_max_num_queries(MOST_QUERIES) as seen:
        ask(asked, headers=HTMX)
    most = len(seen)
    ask(asked | chosen(ask(asked, patient=pia)) | {"do": "confirm"}, patient=pia)
    assert Session.objects.count() > 9

    before = len(calls)
    with django_assert_max_num_queries(most):
        ask(asked, headers=HTMX)

    assert len(calls) == before + 1


@pytest.mark.parametrize(
    "wrong, field, sentence",
    [
        ({"protocol": ""}, "protocol", "Choose the protocol"),
        ({"protocol": "nonsense"}, "protocol", "Choose the protocol"),
        ({"av": []}, "av", "No hour is ticked"),
        ({"earliest": "someday"}, "earliest", "Try 24/11"),
        ({"earliest": "1 Nov 2026"}, "earliest", "has passed"),
        ({"latest": "1 Nov 2026"}, "latest", "before the earliest"),
        ({"away": "24 Dec, whenever"}, "away", "whenever"),
        ({"time": "late"}, "time", "Try 830"),
        ({"units": "many"}, "units", "such as 36"),
        ({"units": "36"}, "authorised_until", "last day that is authorised"),
        ({"authorised_until": "20 Nov 2026"}, "authorised_until", "before the earliest date"),
        ({"authorised_from": "1 Feb 2027", "authorised_until": "1 Jan 2027"}, "authorised_until", "before it begins"),
        ({"number": "x" * 10_000, "authorised_until": "1 Feb 2027"}, "number", "60 characters"),
        ({"chair": "0b5a1e3c-0000-4000-8000-000000000000"}, "chair", "chair"),
        ({"earliest": "x" * 10_000}, "earliest", "2000 is the most"),
    ],
)
def test_a_wrong_field_has_its_sentence_and_nothing_typed_is_lost(ask, asked, wrong, field, sentence):
    for headers in ({}, HTMX):
        answer = ask(asked | {"away": "24 Dec", "number": ""} | wrong, headers=headers)
        page = page_of(answer)

        assert answer.status_code == 422
        said = re.search(rf'id="err-{field}"[^>]*>([^<]*)<', page)
        assert said
        assert sentence in said[1]
        assert Proposal.objects.count() == 0
    whole = page_of(ask(asked | {"away": "24 Dec"} | wrong))
    assert 'value="24 Dec"' in whole or "away" in wrong
    if field not in ("protocol", "av", "chair"):
        assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', whole)


@pytest.mark.parametrize(
    "data",
    [
        {"fixed": "nonsense"},
        {"fixed": "2026-11-24T08:30:00+00:00|nonsense"},
        {"skipped": "2026-99-99"},
        {"phase": "nonsense:x"},
        {"proposal": "nonsense", "do": "confirm"},
        {"do": "fix:"},
        {"do": "fix:2026|||||"},
        {"do": "unfix:x~y"},
        {"do": "skip:never", "fixed": "x"},
        {"do": "skip:2026-12-02", "fixed": "0001-01-01T00:00:00+14:00|"},
        {"do": "skip:2026-12-02", "fixed": "9999-12-31T23:59:59-14:00|"},
        {"do": "unfix:0001-01-01~00:00", "fixed": "0001-01-01T00:00:00+14:00|"},
        {"do": "unskip:x"},
        {"do": "hours:~~"},
        {"do": "hours:Fri~x~y"},
        {"do": "latest:x"},
        {"do": "units:x"},
        {"do": "preset:x"},
        {"do": "\x00"},
        {"do": "confirm", "plan": "nonsense"},
        {"time": "\x00"},
    ],
)
def test_no_form_that_somebody_made_up_breaks_the_page(ask, asked, data):
    for headers in ({}, HTMX):
        assert ask(asked | data, headers=headers).status_code in (200, 409, 422)


def test_the_course_is_booked_and_the_patient_told_after_three_minutes(ask, asked, margaret, imogen, clock):
    answer = confirm(ask, asked)

    course = Course.objects.get()
    assert answer["Location"] == reverse("frontdesk:booked", args=[course.uid])
    assert (course.patient, course.booked_by) == (margaret, imogen)
    assert course.sessions.exclude(kind="follow-up").count() == 10
    assert OutboundMessage.objects.get().due_at >= NOW + timedelta(minutes=3)


def test_a_patient_who_is_not_to_be_told_gets_no_message(ask, asked):
    ask(asked | chosen(ask(asked)) | {"do": "confirm"})

    assert Course.objects.exists()
    assert not OutboundMessage.objects.exists()


def test_a_script_is_led_to_the_booked_course(ask, asked):
    first = ask(asked, headers=HTMX)

    answer = ask(asked | chosen(first) | {"do": "confirm"}, headers=HTMX)

    assert answer["HX-Redirect"] == reverse("frontdesk:booked", args=[Course.objects.get().uid])


def test_confirming_twice_gives_one_course(ask, asked):
    seen = asked | chosen(ask(asked)) | {"do": "confirm"}

    first, second = ask(seen), ask(seen)

    assert first["Location"] == second["Location"]
    assert Course.objects.count() == 1


def test_nobody_books_what_was_not_shown(ask, asked):
    seen = chosen(ask(asked))

    answer = ask(asked | {"time": "15:00"} | seen | {"do": "confirm"})

    assert answer.status_code == 409
    assert "The form was changed after these plans were made" in page_of(answer)
    assert "14:" in page_of(answer) or "15:" in page_of(answer)
    assert not Course.objects.exists()


def test_an_expired_proposal_gives_a_fresh_one_on_the_same_page(ask, asked, clock):
    seen = chosen(ask(asked))
    clock[0] += timedelta(minutes=11)

    answer = ask(asked | seen | {"do": "confirm"})

    assert answer.status_code == 409
    assert "not held any longer" in page_of(answer)
    assert not Course.objects.exists()
    assert "Location" in ask(asked | chosen(answer) | {"do": "confirm"})


def test_a_chair_that_breaks_meanwhile_is_a_fresh_proposal(ask, asked, site, chairs):
    seen = chosen(ask(asked))
    for chair in chairs[:3]:
        Closure.objects.create(
            site=site,
            chair=chair,
            starts_at=at("2026-11-20", "00:00"),
            ends_at=at("2027-03-01", "00:00"),
            cause="broken",
        )
    used = {item["chair"] for item in Proposal.objects.get().plans[0]["sessions"] if item["chair"]}
    assert used & {str(chair.pk) for chair in chairs[:3]}

    answer = ask(asked | seen | {"do": "confirm"})

    assert answer.status_code == 409
    assert "closed" in page_of(answer)
    assert "Here is a fresh proposal" in page_of(answer)
    assert not Course.objects.exists()


def test_a_chair_that_is_given_up_meanwhile_is_the_only_cause_that_is_told(ask, asked, site, chairs):
    seen = chosen(ask(asked))
    used = {item["chair"] for item in Proposal.objects.get().plans[0]["sessions"] if item["chair"]}
    Chair.objects.filter(pk__in=used).update(is_active=False)

    answer = ask(asked | seen | {"do": "confirm"})

    assert answer.status_code == 409
    assert "is no longer part of the clinic" in page_of(answer)
    assert "the protocol needs" not in page_of(answer)
    assert not Course.objects.exists()


def test_times_can_be_held_for_a_day_and_confirmed_later(ask, asked, desk, margaret, clock):
    answer = ask(asked | chosen(ask(asked)) | {"do": "keep"}, follow=True)
    assert "held until Saturday 09:00" in page_of(answer)

    clock[0] += timedelta(hours=3)
    kept = Proposal.objects.get(is_kept=True)
    page = desk.get(reverse("frontdesk:book", args=[margaret.uid]) + f"?proposal={kept.uid}")
    assert 'hx-trigger="change' in page_of(page)
    assert 'value="08:30"' in page_of(page)

    booked = ask(asked | {"time": "08:30"} | chosen(page) | {"do": "confirm"})
    assert "Location" in booked


def test_held_times_can_be_let_go(ask, asked, desk):
    ask(asked | chosen(ask(asked)) | {"do": "keep"})

    desk.post(reverse("frontdesk:release", args=[Proposal.objects.get().uid]))

    assert not Proposal.objects.filter(expires_at__gt=NOW).exists()


def test_a_proposal_of_somebody_else_is_not_opened_here(ask, asked, desk, pia):
    ask(asked)

    answer = desk.get(reverse("frontdesk:book", args=[pia.uid]) + f"?proposal={Proposal.objects.get().uid}")

    assert answer.status_code == 404


def test_a_booking_is_undone_within_three_minutes(ask, asked, desk, margaret, clock):
    confirm(ask, asked)
    course = Course.objects.get()
    page = page_of(desk.get(reverse("frontdesk:booked", args=[course.uid])))
    assert "message waits until then" in page

    clock[0] += timedelta(minutes=2)
    answer = desk.post(reverse("frontdesk:undo", args=[course.uid]), follow=True)

    assert "The booking is undone" in page_of(answer)
    assert not OutboundMessage.objects.filter(status="due").exists()


def test_after_three_minutes_a_booking_is_only_cancelled(ask, asked, desk, clock):
    confirm(ask, asked)
    course = Course.objects.get()
    clock[0] += timedelta(minutes=4)

    late = page_of(desk.post(reverse("frontdesk:undo", args=[course.uid]), follow=True))
    assert "can no longer be undone" in late
    assert 'id="undo"' not in late

    address = reverse("frontdesk:cancel", args=[course.uid])
    assert "Say why" in page_of(desk.post(address, {"why": "  "}))
    stale = desk.post(address, {"why": "moved away", "version": "0"})
    assert "Somebody else changed this" in page_of(stale)
    assert 'value="moved away"' in page_of(stale)
    done = page_of(desk.post(address, {"why": "moved away", "version": str(course.version)}, follow=True))
    assert "The course is cancelled" in done
    assert "moved away" in done
    course.refresh_from_db()
    assert course.status == "revoked"


def test_a_busy_diary_keeps_the_form_and_says_to_try_again(ask, asked, monkeypatch):
    def refuse(**given):
        raise booking.Busy

    seen = chosen(ask(asked))
    monkeypatch.setattr(booking, "propose", refuse)
    monkeypatch.setattr(booking, "book", refuse)

    for answer in (ask(asked), ask(asked | seen | {"do": "confirm"})):
        assert answer.status_code == 503
        assert "please try again" in page_of(answer)
        assert 'value="830"' in page_of(answer)


def test_the_proposal_of_a_patient_is_made_by_the_person_at_the_desk(ask, asked, imogen):
    ask(asked)

    assert Proposal.objects.get().created_by == imogen
    assert Actor.of_user(imogen).name == "Imogen Vale"


def test_undoing_twice_says_that_it_was_undone_before(ask, asked, desk):
    confirm(ask, asked)
    address = reverse("frontdesk:undo", args=[Course.objects.get().uid])

    first, second = (desk.post(address, follow=True) for _ in range(2))

    assert "The booking is undone" in page_of(first)
    assert "it was undone or cancelled before" in page_of(second)
