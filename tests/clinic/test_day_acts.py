"""What is said about a session from the board: done at once, taken back, refused in words, seen by whoever may."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEntry, DeskTask
from clinic.services import booking, lateness
from clinic.services.booking import NotPossible

from .builders import at, make_course, make_session, make_user
from .pages import HTMX, page_of

pytestmark = pytest.mark.usefixtures("clock")

TODAY = "/day/2026-11-20/"


def say(browser, session, status, **more):
    return browser.post(reverse("frontdesk:status", args=[session.uid]), {"status": status} | more, headers=HTMX)


def test_what_was_said_is_undone_for_three_minutes_by_whoever_said_it(desk, book_today, clock, site):
    session = book_today("10:00")
    assert "You can take it back until 09:03" in page_of(say(desk, session, "arrived"))
    other = Client()
    other.force_login(make_user(site))
    assert "You can take it back" not in page_of(other.get(TODAY))

    clock[0] += timedelta(minutes=3, seconds=1)

    assert "You can take it back" not in page_of(desk.get(TODAY))


def test_what_was_taken_back_is_not_offered_to_be_taken_back(desk, book_today):
    session = book_today("10:00")
    say(desk, session, "arrived")

    assert "You can take it back" not in page_of(say(desk, session, "booked"))


def test_the_step_before_can_be_taken_back_after_the_last_one_was(desk, book_today):
    first, second = book_today("10:00"), book_today("11:00", family_name="Second")
    say(desk, first, "arrived")
    assert "SECOND, Margaret</b>: no-show" in page_of(say(desk, second, "noshow"))

    assert "OKONJO, Margaret</b>: arrived" in page_of(say(desk, second, "booked"))


@pytest.fixture
def moved(desk, clinic, margaret, protocol, chairs, technicians, by, now):
    """A session that Imogen moved to Tuesday a moment ago, from eleven on Monday."""
    start = at("2026-11-23", "11:00")
    session = make_session(make_course(margaret, protocol), chairs[0], technicians[0], start)
    return booking.move_session(session=session, start=at("2026-11-24", "10:00"), chair=chairs[1], by=by, now=now)


def undo_on(page):
    form = page.partition('id="undo"')[2].partition("</form>")[0]
    return dict(re.findall(r'name="(opening|version|day)" value="([^"]+)"', form))


def test_a_move_is_taken_back_from_the_day_even_to_another_day(desk, moved):
    data = undo_on(page_of(desk.get(TODAY)))

    desk.post(reverse("frontdesk:move", args=[moved.uid]), data)

    moved.refresh_from_db()
    assert (moved.starts_at, moved.chair.name) == (at("2026-11-23", "11:00"), "Chair 1")
    assert "You can take it back" not in page_of(desk.get(TODAY))


def test_a_move_is_taken_back_for_three_minutes(desk, moved, clock):
    clock[0] += timedelta(minutes=2)
    assert "moved. You can take it back until 09:03" in page_of(desk.get(TODAY))
    clock[0] += timedelta(minutes=2)
    assert "You can take it back" not in page_of(desk.get(TODAY))


def test_paul_sees_nothing_of_what_imogen_did(other_desk, desk, book_today):
    say(desk, book_today("10:00"), "arrived")

    assert "You can take it back" not in page_of(other_desk.get(TODAY))


def test_an_answer_to_a_letter_is_the_day_and_no_whole_page(desk, book_today):
    page = page_of(say(desk, book_today("10:00"), "arrived"))

    assert page.startswith('<div id="day"')
    assert "state--arrived" in page


def test_a_refusal_is_said_on_the_day(desk, book_today):
    assert "cannot become done" in page_of(say(desk, book_today("10:00"), "fulfilled"))


def test_the_chosen_session_stays_chosen_while_somebody_else_is_seated(desk, book_today):
    chosen, other = book_today("10:00"), book_today("10:00", chair=1, status="arrived")

    page = page_of(say(desk, other, "checked-in", at=str(chosen.pk)))

    assert f'id="s-{chosen.pk}" data-v="0" aria-current="true"' in page
    assert page.count('aria-current="true"') == 1


@pytest.mark.parametrize("at_", ["x", "\x00", "9" * 5000, "²", "0", "6f1c1f0e-0000-4000-8000-000000000000"])
def test_a_session_that_is_not_on_this_day_is_not_chosen(desk, book_today, at_):
    session = book_today("10:00")

    assert "No session chosen" in page_of(desk.get(TODAY, {"at": at_}))
    assert say(desk, session, "arrived", at=at_).status_code == 200
    plain = reverse("frontdesk:status", args=[session.uid])
    assert desk.post(plain, {"status": "booked", "at": at_}).status_code == 302


def test_paul_can_choose_no_session_of_another_clinic(other_desk, book_today):
    session = book_today("10:00")

    page = page_of(other_desk.get(TODAY, {"at": str(session.pk)}))

    assert "No session chosen" in page
    assert "OKONJO" not in page


def test_a_page_that_is_still_true_is_answered_with_nothing(desk, book_today, clock):
    session = book_today("10:00")
    seen = {"seen": page_of(desk.get(TODAY)).partition('data-seen="')[2].partition('"')[0]}
    assert seen["seen"]

    assert desk.get(f"{TODAY}gaps/", seen, headers=HTMX).status_code == 204

    say(desk, session, "arrived")
    assert desk.get(f"{TODAY}gaps/", seen, headers=HTMX).status_code == 200


def test_a_page_is_out_of_date_after_a_minute(desk, book_today, clock):
    book_today("10:00")
    seen = {"seen": page_of(desk.get(TODAY)).partition('data-seen="')[2].partition('"')[0]}
    clock[0] += timedelta(minutes=1)

    assert desk.get(f"{TODAY}gaps/", seen, headers=HTMX).status_code == 200


def test_a_technician_is_not_offered_what_only_the_desk_does(client, site, book_today):
    client.force_login(make_user(site, role="technician"))
    session = book_today("10:00")

    page = page_of(client.get(TODAY, {"at": str(session.pk)}))

    assert 'id="say-arrived"' in page
    assert 'id="say-move"' not in page


def test_the_desk_notes_once_that_somebody_gets_late(desk, book_today):
    session = book_today("10:00")
    say(desk, session, "late")

    assert "told us" in page_of(say(desk, session, "late"))

    assert DeskTask.objects.filter(session=session, done_at=None).count() == 1


def test_who_does_not_get_late_after_all_can_get_late_again(desk, book_today):
    session = book_today("10:00")
    for status, count in (("late", 1), ("not-late", 0), ("late", 1)):
        say(desk, session, status)
        assert DeskTask.objects.filter(session=session, done_at=None).count() == count


def test_who_is_here_does_not_get_late_any_longer(desk, book_today):
    session = book_today("10:00")
    say(desk, session, "late")

    assert "told us" not in page_of(say(desk, session, "arrived"))

    assert not DeskTask.objects.filter(session=session, done_at=None).exists()


def test_nobody_waits_for_who_is_here(desk, book_today, by, now):
    session = book_today("10:00", status="arrived")

    with pytest.raises(NotPossible):
        lateness.note(session=session, by=by, now=now)
    assert "nobody is waited for" in page_of(say(desk, session, "late"))


def act(browser, session, status, version=0, **more):
    data = {"do": f"{status}/{session.pk}/{version}"} | more
    return browser.post(reverse("frontdesk:act"), data, headers=HTMX)


def test_one_form_says_everything_about_every_session(desk, book_today):
    first, second = book_today("10:00"), book_today("11:00")

    assert f'id="s-{first.pk}" data-v="1"' in page_of(act(desk, first, "arrived"))
    assert f'id="s-{second.pk}" data-v="1"' in page_of(act(desk, second, "noshow", at=str(first.pk)))

    first.refresh_from_db()
    assert first.status == "arrived"


def test_paul_can_say_nothing_about_a_session_of_another_clinic(other_desk, book_today):
    session = book_today("10:00")

    assert act(other_desk, session, "arrived").status_code == 404
    assert act(other_desk, session, "called").status_code == 404

    session.refresh_from_db()
    assert session.status == "booked"


@pytest.mark.parametrize(
    "do", ["", "arrived", "arrived/0/0", "arrived/x/0", "arrived/²/0", "arrived/" + "9" * 30 + "/0"]
)
def test_a_button_that_nobody_drew_leads_nowhere(desk, book_today, do):
    book_today("10:00")

    assert desk.post(reverse("frontdesk:act"), {"do": do}).status_code == 404


def test_a_word_that_is_no_act_is_refused_in_a_sentence(desk, book_today):
    assert "cannot become dancing" in page_of(act(desk, book_today("10:00"), "dancing"))


def test_a_double_click_is_one_act_and_no_refusal(desk, book_today):
    session = book_today("10:00")
    act(desk, session, "arrived")

    page = page_of(act(desk, session, "arrived"))

    assert "Somebody else" not in page
    session.refresh_from_db()
    assert (session.status, session.version) == ("arrived", 1)


def test_a_page_that_is_old_says_so_and_changes_nothing(desk, book_today):
    session = book_today("10:00")
    act(desk, session, "arrived")

    assert "Somebody else changed this a moment ago" in page_of(act(desk, session, "noshow"))

    session.refresh_from_db()
    assert session.status == "arrived"


def test_one_session_alone_is_drawn_when_it_is_chosen(desk, book_today, django_assert_max_num_queries):
    session = book_today("10:00")
    book_today("11:00", family_name="Other")
    panel = HTMX | {"HX-Target": "section#chosen"}

    with django_assert_max_num_queries(12):
        page = page_of(desk.get(TODAY, {"at": str(session.pk)}, headers=panel))

    assert page.startswith('<section class="card" id="chosen"')
    assert "OKONJO" in page
    assert "OTHER" not in page
    assert "No session chosen" in page_of(desk.get(TODAY, {"at": "x"}, headers=panel))


def test_paul_sees_no_panel_of_a_session_of_another_clinic(other_desk, book_today):
    panel = HTMX | {"HX-Target": "section#chosen"}

    assert "OKONJO" not in page_of(other_desk.get(TODAY, {"at": str(book_today("10:00").pk)}, headers=panel))


def test_a_call_is_noted_once_seen_by_everybody_and_taken_back(desk, book_today, clock, site):
    session = book_today("08:40")
    act(desk, session, "called")
    page = page_of(act(desk, session, "called"))
    assert "called. You can take it back until 09:03" in page
    assert 'late, 1 of 1<span class="ch">, Chair 1</span>, called 09:00' in page
    assert AuditEntry.objects.filter(action="patient called").count() == 1
    other = Client()
    other.force_login(make_user(site))
    assert "called 09:00" in page_of(other.get(TODAY))

    assert "called 09:00" not in page_of(act(desk, session, "not-called"))

    assert "You can take it back" not in page_of(desk.get(TODAY))


def test_a_call_is_taken_back_for_three_minutes(desk, book_today, clock):
    session = book_today("08:40")
    act(desk, session, "called")
    clock[0] += timedelta(minutes=4)

    assert "There is no call of the last three minutes" in page_of(act(desk, session, "not-called"))
    assert "called 09:00" in page_of(desk.get(TODAY))


def test_that_somebody_gets_late_is_taken_back_like_any_act(desk, book_today):
    session = book_today("10:00")
    assert "runs late. You can take it back" in page_of(act(desk, session, "late"))

    page = page_of(act(desk, session, "not-late"))

    assert "told us" not in page
    assert "You can take it back" not in page


def test_nobody_is_late_who_has_come_in_the_meantime(desk, book_today):
    session = book_today("10:00")
    act(desk, session, "late")

    assert "runs late. You can" not in page_of(act(desk, session, "arrived"))


def test_where_a_session_is_dropped_is_offered_first_and_moves_nothing(desk, book_today, chairs, now):
    session = book_today("10:00")
    move = reverse("frontdesk:move", args=[session.uid])

    page = page_of(desk.get(move, {"to": "14:35", "chair": chairs[2].pk}, headers=HTMX))

    first = re.search(r'name="opening" value="([^"]+)" checked', page)[1]
    assert first == f"2026-11-20T14:35:00+00:00/{chairs[2].pk}"
    session.refresh_from_db()
    assert session.starts_at == at("2026-11-20", "10:00")


@pytest.mark.parametrize(
    ("to", "chair", "why"),
    [
        ("08:00", 1, "This time has passed"),
        ("14:33", 1, "multiple of five minutes"),
        ("20:00", 1, "It cannot stand there"),
        ("x", 1, "This is no place on the board"),
        ("25:00", 1, "This is no place on the board"),
        ("14:00", "x", "This is no place on the board"),
        ("14:00+09:00", 1, ""),
    ],
)
def test_where_a_session_cannot_be_dropped_is_said_in_a_sentence(desk, book_today, chairs, to, chair, why):
    session = book_today("10:00")
    place = chairs[chair].pk if chair == 1 else chair

    answer = desk.get(reverse("frontdesk:move", args=[session.uid]), {"to": to, "chair": place}, headers=HTMX)

    assert answer.status_code == 200
    assert why in page_of(answer)
    assert "opening" in page_of(answer)


def test_a_move_from_the_day_answers_with_the_day_and_a_refused_one_with_the_dialog(desk, book_today, chairs, clinic):
    session, taken = book_today("10:00"), book_today("14:00", chair=1)
    move = reverse("frontdesk:move", args=[session.uid])
    data = {"day": "2026-11-20", "version": "0"}

    refused = desk.post(move, data | {"opening": f"{taken.starts_at.isoformat()}/{chairs[1].pk}"}, headers=HTMX)
    assert (refused.status_code, refused["HX-Retarget"]) == (409, "#moving")
    assert "Nothing has moved" in page_of(refused)

    moved = desk.post(move, data | {"opening": f"2026-11-20T15:00:00+00:00/{chairs[1].pk}"}, headers=HTMX)
    assert page_of(moved).startswith('<div id="day"')
    assert "moved. You can take it back" in page_of(moved)
