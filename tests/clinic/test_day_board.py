"""The board of a day: where each session stands on it, how it stands, and what was said about it."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Closure, Confirmation, DeskTask
from clinic.selectors.day_board import MOST_COLUMNS, board_of
from clinic.selectors.day_states import standing_of, steps_of
from clinic.selectors.diary import day_list
from clinic.services import attendance, booking, lateness
from clinic.services.booking import NotPossible

from .builders import at, make_chair, make_course, make_patient, make_session, make_user
from .pages import HTMX, page_of

pytestmark = pytest.mark.usefixtures("clock")

DAY = date(2026, 11, 20)
TODAY = "/day/2026-11-20/"


@pytest.fixture
def book(clinic, protocol, chairs, technicians):
    """Book somebody at a time of today; without a chair if that is None."""

    def booked(clock, chair=0, family_name="Okonjo", **fields):
        patient = make_patient(clinic, family_name=family_name, given_name="Margaret")
        seat, technician = (None, None) if chair is None else (chairs[chair], technicians[chair])
        return make_session(make_course(patient, protocol), seat, technician, at("2026-11-20", clock), **fields)

    return booked


@pytest.fixture
def board(site, now):
    def laid_out(day=DAY, moment=now):
        page = day_list(site, day)
        steps = steps_of(page.sessions, moment)
        return board_of(page, [standing_of(one, steps.get(one.pk), moment) for one in page.sessions], (), moment)

    return laid_out


def placed(board):
    return [
        (block.standing.session.pk, block.column, block.row, block.rows) for block in board.blocks if block.standing
    ]


def say(browser, session, status, **more):
    return browser.post(reverse("frontdesk:status", args=[session.uid]), {"status": status} | more, headers=HTMX)


def test_a_session_stands_in_the_column_of_its_chair_as_long_as_it_lasts(book, board):
    first, second = book("08:00"), book("09:30", chair=2, minutes=45)

    laid_out = board()

    assert placed(laid_out) == [(first.pk, 1, 0, 6), (second.pk, 3, 18, 9)]
    assert [column.name for column in laid_out.columns] == ["Chair 1", "Chair 2", "Chair 3", "Chair 4"]
    assert [column.booked for column in laid_out.columns] == [1, 0, 1, 0]
    assert (laid_out.hours[0], laid_out.hours[-1]) == ((8, 0), (17, 108))


def test_the_line_of_the_present_minute_is_on_the_board_of_today_alone(board, book):
    book("08:00")
    assert board().now_row == 12
    assert board(date(2026, 11, 23)).now_row is None


def test_a_session_before_the_clinic_opens_makes_the_board_longer(board, book):
    early = book("06:30")

    assert board().hours[0] == (6, 0)
    assert placed(board()) == [(early.pk, 1, 6, 6)]


def test_sessions_without_a_chair_have_columns_of_their_own_side_by_side(board, book):
    visits = [book("09:00", chair=None), book("09:10", chair=None), book("09:30", chair=None)]

    assert [column for _, column, _, _ in placed(board())] == [5, 6, 5]
    assert board().columns[4].name == "Without a chair"
    assert len({visit.pk for visit in visits}) == 3


def test_who_missed_a_session_makes_room_for_whoever_has_the_place_now(board, book):
    missed = book("10:00", status="noshow")
    assert placed(board()) == [(missed.pk, 1, 24, 6)]

    instead = book("10:10")

    assert placed(board()) == [(instead.pk, 1, 26, 6)]


def test_a_chair_that_is_not_used_any_longer_is_shown_while_it_has_a_session(board, book, chairs):
    chairs[3].is_active = False
    chairs[3].save()
    assert len(board().columns) == 3
    book("10:00", chair=3)
    assert len(board().columns) == 4


def test_a_closed_chair_says_why(board, site, chairs):
    Closure.objects.create(
        site=site, chair=chairs[1], starts_at=at("2026-11-20", "15:00"), ends_at=at("2026-11-20", "15:40"), cause="Coil"
    )

    shut = [(block.column, block.row, block.rows, block.cause) for block in board().blocks if block.cause]

    assert shut == [(2, 84, 8, "Coil")]


def test_a_chair_with_hours_of_its_own_is_not_open_outside_them(board, chairs):
    chairs[0].hours = "Mon-Fri 09:00-12:00"
    chairs[0].save()

    shut = [(block.column, block.row, block.rows) for block in board().blocks if block.cause == "Not open"]

    assert shut == [(1, 0, 12), (1, 48, 72)]


def test_a_sunday_and_a_clinic_without_chairs_have_no_board(board, clinic, desk, other_desk):
    assert board(date(2026, 11, 22)) is None
    assert "No sessions on this day" in page_of(desk.get("/day/2026-11-22/"))
    assert "No sessions on this day" in page_of(other_desk.get(TODAY))


def test_more_chairs_than_a_board_has_columns_are_shown_as_a_list(desk, site, book):
    book("10:00")
    for number in range(MOST_COLUMNS):
        make_chair(site, position=number + 10)

    assert 'class="card daylist"' in page_of(desk.get(TODAY))


def test_a_name_with_signs_of_markup_stays_a_name(desk, book):
    book("10:00", family_name="<b>O'Neill</b>")

    page = page_of(desk.get(TODAY))

    assert "&lt;B&gt;O&#x27;NEILL&lt;/B&gt;, Margaret" in page
    assert "<B>" not in page


@pytest.mark.parametrize("view", ["board", "list"])
def test_initials_alone_are_shown_to_whoever_looks_over_the_desk(desk, book, view):
    session = book("10:00")
    desk.post(reverse("frontdesk:look"), {"initials": "1", "view": view})

    for address in (TODAY, f"{TODAY}?at={session.uid}", f"{TODAY}gaps/"):
        page = page_of(desk.get(address))
        assert "OKONJO" not in page
        assert "Okonjo" not in page
        assert f"MO {session.patient.number}" in page
    assert "OKONJO" not in page_of(say(desk, session, "arrived"))

    desk.post(reverse("frontdesk:look"), {"initials": "0"})
    assert "OKONJO" in page_of(desk.get(TODAY))


def test_how_a_day_is_shown_is_remembered_for_one_person(desk, book, site):
    book("10:00")
    answer = desk.post(f"{reverse('frontdesk:look')}?site={site.uid}", {"view": "list", "day": "2026-11-20"})
    assert answer["Location"] == f"{TODAY}?site={site.uid}"
    assert 'class="card daylist"' in page_of(desk.get(TODAY))

    other = Client()
    other.force_login(make_user(site))

    assert 'class="board ' in page_of(other.get(TODAY))


@pytest.mark.parametrize("data", [{}, {"view": "x", "initials": "2"}, {"day": "whenever"}, {"day": "\x00"}])
def test_a_look_that_nobody_offers_breaks_nothing(desk, clinic, data):
    assert desk.post(reverse("frontdesk:look"), data).status_code == 302


def test_who_should_have_come_is_late_by_minutes_and_is_called(desk, book):
    book("08:40")
    book("09:40", family_name="Later")

    page = page_of(desk.get(TODAY))

    assert "20 min late, chair 1" in page
    assert page.count('href="tel:') == 1
    assert "state--late" in page


def test_who_is_late_until_the_session_is_over_has_missed_it(desk, book):
    session = book("08:00")

    page = page_of(desk.get(TODAY))

    assert f'id="noshow-{session.uid}"' in page
    assert 'href="tel:' not in page


def test_the_waiting_room_says_since_when_longest_first(desk, book, by, now):
    for clock, minutes, name in (("09:30", 3, "Short"), ("09:40", 12, "Long")):
        session = book(clock, chair=minutes % 2, family_name=name)
        attendance.set_status(session=session, status="arrived", by=by, now=now - timedelta(minutes=minutes))

    room = page_of(desk.get(TODAY)).partition('id="room-h"')[2]

    assert room.index("Here 12 min") < room.index("Here 3 min")
    assert room.index("LONG") < room.index("SHORT")


def test_minutes_in_the_chair_count_from_sitting_down(book, by, now, site):
    session = book("08:30")
    attendance.set_status(session=session, status="arrived", by=by, now=now - timedelta(minutes=30))
    attendance.set_status(session=session, status="checked-in", by=by, now=now - timedelta(minutes=8))
    (row,) = day_list(site, DAY).sessions

    assert standing_of(row, steps_of([row], now)[row.pk], now).said == "in chair 8 min"


def test_a_confirmed_session_says_so_until_it_is_moved(desk, book, now):
    session = book("10:00")
    Confirmation.objects.create(session=session, starts_at=session.starts_at, at=now)
    assert "state--confirmed" in page_of(desk.get(TODAY))

    session.starts_at += timedelta(minutes=5)
    session.save()

    assert "state--confirmed" not in page_of(desk.get(TODAY))


def test_what_was_said_is_undone_for_three_minutes_by_whoever_said_it(desk, book, clock, site):
    session = book("10:00")
    assert "You can take it back until 09:03" in page_of(say(desk, session, "arrived"))
    other = Client()
    other.force_login(make_user(site))
    assert "You can take it back" not in page_of(other.get(TODAY))

    clock[0] += timedelta(minutes=3, seconds=1)

    assert "You can take it back" not in page_of(desk.get(TODAY))


def test_what_was_taken_back_is_not_offered_to_be_taken_back(desk, book):
    session = book("10:00")
    say(desk, session, "arrived")

    assert "You can take it back" not in page_of(say(desk, session, "booked"))


def test_the_step_before_can_be_taken_back_after_the_last_one_was(desk, book):
    first, second = book("10:00"), book("11:00", family_name="Second")
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
    return dict(re.findall(r'name="(opening|version)" value="([^"]+)"', form))


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


def test_paul_sees_nothing_of_what_imogen_did(other_desk, desk, book):
    say(desk, book("10:00"), "arrived")

    assert "You can take it back" not in page_of(other_desk.get(TODAY))


def test_an_answer_to_a_letter_is_the_day_and_no_whole_page(desk, book):
    page = page_of(say(desk, book("10:00"), "arrived"))

    assert page.startswith('<div id="day"')
    assert "state--arrived" in page


def test_a_refusal_is_said_on_the_day(desk, book):
    assert "cannot become done" in page_of(say(desk, book("10:00"), "fulfilled"))


def test_the_chosen_session_stays_chosen_while_somebody_else_is_seated(desk, book):
    chosen, other = book("10:00"), book("10:00", chair=1, status="arrived")

    page = page_of(say(desk, other, "checked-in", at=str(chosen.uid)))

    assert f'id="s-{chosen.uid}" data-walk data-session="{chosen.uid}"' in page
    assert page.count('aria-current="true"') == 1


@pytest.mark.parametrize("at_", ["x", "\x00", "9" * 5000, "6f1c1f0e-0000-4000-8000-000000000000"])
def test_a_session_that_is_not_on_this_day_is_not_chosen(desk, book, at_):
    session = book("10:00")

    assert "No session chosen" in page_of(desk.get(TODAY, {"at": at_}))
    assert say(desk, session, "arrived", at=at_).status_code == 200
    plain = reverse("frontdesk:status", args=[session.uid])
    assert desk.post(plain, {"status": "booked", "at": at_}).status_code == 302


def test_paul_can_choose_no_session_of_another_clinic(other_desk, book):
    session = book("10:00")

    page = page_of(other_desk.get(TODAY, {"at": str(session.uid)}))

    assert "No session chosen" in page
    assert "OKONJO" not in page


def test_a_page_that_is_still_true_is_answered_with_nothing(desk, book, clock):
    session = book("10:00")
    seen = {"seen": page_of(desk.get(TODAY)).partition('data-seen="')[2].partition('"')[0]}
    assert seen["seen"]

    assert desk.get(f"{TODAY}gaps/", seen, headers=HTMX).status_code == 204

    say(desk, session, "arrived")
    assert desk.get(f"{TODAY}gaps/", seen, headers=HTMX).status_code == 200


def test_a_page_is_out_of_date_after_a_minute(desk, book, clock):
    book("10:00")
    seen = {"seen": page_of(desk.get(TODAY)).partition('data-seen="')[2].partition('"')[0]}
    clock[0] += timedelta(minutes=1)

    assert desk.get(f"{TODAY}gaps/", seen, headers=HTMX).status_code == 200


def test_a_technician_is_not_offered_what_only_the_desk_does(client, site, book):
    client.force_login(make_user(site, role="technician"))
    session = book("10:00")

    page = page_of(client.get(TODAY, {"at": str(session.uid)}))

    assert 'id="say-arrived"' in page
    assert 'id="say-move"' not in page


def test_the_desk_notes_once_that_somebody_gets_late(desk, book):
    session = book("10:00")
    say(desk, session, "late")

    assert "told us" in page_of(say(desk, session, "late"))

    assert DeskTask.objects.filter(session=session, done_at=None).count() == 1


def test_who_does_not_get_late_after_all_can_get_late_again(desk, book):
    session = book("10:00")
    for status, count in (("late", 1), ("not-late", 0), ("late", 1)):
        say(desk, session, status)
        assert DeskTask.objects.filter(session=session, done_at=None).count() == count


def test_who_is_here_does_not_get_late_any_longer(desk, book):
    session = book("10:00")
    say(desk, session, "late")

    assert "told us" not in page_of(say(desk, session, "arrived"))

    assert not DeskTask.objects.filter(session=session, done_at=None).exists()


def test_nobody_waits_for_who_is_here(desk, book, by, now):
    session = book("10:00", status="arrived")

    with pytest.raises(NotPossible):
        lateness.note(session=session, by=by, now=now)
    assert "nobody is waited for" in page_of(say(desk, session, "late"))
