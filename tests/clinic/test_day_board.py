"""The board of a day: where each session stands on it, how it stands, and what was said about it."""

import gzip
import itertools
import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Closure, Confirmation, Course, Session
from clinic.selectors.day_board import MOST_COLUMNS, board_of
from clinic.selectors.day_states import standings_of
from clinic.selectors.diary import day_list
from clinic.services import attendance

from .builders import at, make_chair, make_patient, make_user
from .pages import HTMX, page_of

pytestmark = pytest.mark.usefixtures("clock")

DAY = date(2026, 11, 20)
TODAY = "/day/2026-11-20/"


@pytest.fixture
def board(site, now):
    def laid_out(day=DAY, moment=now):
        page = day_list(site, day)
        return board_of(page, standings_of(page.sessions, moment), (), moment)

    return laid_out


def placed(board):
    return [
        (block.standing.session.pk, block.column, block.row, block.rows) for block in board.blocks if block.standing
    ]


def say(browser, session, status, **more):
    return browser.post(reverse("frontdesk:status", args=[session.uid]), {"status": status} | more, headers=HTMX)


def test_a_session_stands_in_the_column_of_its_chair_as_long_as_it_lasts(book_today, board):
    first, second = book_today("08:00"), book_today("09:30", chair=2, minutes=45)

    laid_out = board()

    assert placed(laid_out) == [(first.pk, 1, 0, 6), (second.pk, 3, 18, 9)]
    assert [column.name for column in laid_out.columns] == ["Chair 1", "Chair 2", "Chair 3", "Chair 4"]
    assert [column.booked for column in laid_out.columns] == [1, 0, 1, 0]
    assert (laid_out.hours[0], laid_out.hours[-1]) == ((8, 0), (17, 108))


def test_the_line_of_the_present_minute_is_on_the_board_of_today_alone(board, book_today):
    book_today("08:00")
    assert board().now_row == 12
    assert board(date(2026, 11, 23)).now_row is None


def test_a_session_before_the_clinic_opens_makes_the_board_longer(board, book_today):
    early = book_today("06:30")

    assert board().hours[0] == (6, 0)
    assert placed(board()) == [(early.pk, 1, 6, 6)]


def test_sessions_without_a_chair_have_columns_of_their_own_side_by_side(board, book_today):
    visits = [book_today("09:00", chair=None), book_today("09:10", chair=None), book_today("09:30", chair=None)]

    assert [column for _, column, _, _ in placed(board())] == [5, 6, 5]
    assert board().columns[4].name == "Without a chair"
    assert len({visit.pk for visit in visits}) == 3


def test_who_missed_a_session_makes_room_for_whoever_has_the_place_now(board, book_today):
    missed = book_today("10:00", status="noshow")
    assert placed(board()) == [(missed.pk, 1, 24, 6)]

    instead = book_today("10:10")

    assert placed(board()) == [(instead.pk, 1, 26, 6)]


def test_a_chair_that_is_not_used_any_longer_is_shown_while_it_has_a_session(board, book_today, chairs):
    chairs[3].is_active = False
    chairs[3].save()
    assert len(board().columns) == 3
    book_today("10:00", chair=3)
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


def test_more_chairs_than_a_board_has_columns_are_shown_as_a_list(desk, site, book_today):
    book_today("10:00")
    for number in range(MOST_COLUMNS):
        make_chair(site, position=number + 10)

    assert 'class="card daylist"' in page_of(desk.get(TODAY))


def test_a_name_with_signs_of_markup_stays_a_name(desk, book_today):
    book_today("10:00", family_name="<b>O'Neill</b>")

    page = page_of(desk.get(TODAY))

    assert "&lt;B&gt;O&#x27;NEILL&lt;/B&gt;, Margaret" in page
    assert "<B>" not in page


@pytest.mark.parametrize("view", ["board", "list"])
def test_initials_alone_are_shown_to_whoever_looks_over_the_desk(desk, book_today, view):
    session = book_today("10:00")
    desk.post(reverse("frontdesk:look"), {"initials": "1", "view": view})

    for address in (TODAY, f"{TODAY}?at={session.pk}", f"{TODAY}gaps/"):
        page = page_of(desk.get(address))
        assert "OKONJO" not in page
        assert "Okonjo" not in page
        assert f"MO {session.patient.number}" in page
    assert "OKONJO" not in page_of(say(desk, session, "arrived"))

    desk.post(reverse("frontdesk:look"), {"initials": "0"})
    assert "OKONJO" in page_of(desk.get(TODAY))


def test_how_a_day_is_shown_is_remembered_for_one_person(desk, book_today, site):
    book_today("10:00")
    answer = desk.post(f"{reverse('frontdesk:look')}?site={site.uid}", {"view": "list", "day": "2026-11-20"})
    assert answer["Location"] == f"{TODAY}?site={site.uid}"
    assert 'class="card daylist"' in page_of(desk.get(TODAY))

    other = Client()
    other.force_login(make_user(site))

    assert 'class="board ' in page_of(other.get(TODAY))


@pytest.mark.parametrize("data", [{}, {"view": "x", "initials": "2"}, {"day": "whenever"}, {"day": "\x00"}])
def test_a_look_that_nobody_offers_breaks_nothing(desk, clinic, data):
    assert desk.post(reverse("frontdesk:look"), data).status_code == 302


def test_who_should_have_come_is_late_by_minutes_and_is_called(desk, book_today):
    book_today("08:40")
    book_today("09:40", family_name="Later")

    page = page_of(desk.get(TODAY))

    assert "20 min late, chair 1" in page
    assert page.count('href="tel:') == 1
    assert "state--late" in page


def test_who_is_late_until_the_session_is_over_has_missed_it(desk, book_today):
    session = book_today("08:00")

    page = page_of(desk.get(TODAY))

    assert f'value="noshow/{session.pk}/0"' in page
    assert 'href="tel:' not in page


def test_the_waiting_room_says_since_when_longest_first(desk, book_today, by, now):
    for clock, minutes, name in (("09:30", 3, "Short"), ("09:40", 12, "Long")):
        session = book_today(clock, chair=minutes % 2, family_name=name)
        attendance.set_status(session=session, status="arrived", by=by, now=now - timedelta(minutes=minutes))

    room = page_of(desk.get(TODAY)).partition('id="room-h"')[2]

    assert room.index("Here 12 min") < room.index("Here 3 min")
    assert room.index("LONG") < room.index("SHORT")


def test_minutes_in_the_chair_count_from_sitting_down(book_today, by, now, site):
    session = book_today("08:30")
    attendance.set_status(session=session, status="arrived", by=by, now=now - timedelta(minutes=30))
    attendance.set_status(session=session, status="checked-in", by=by, now=now - timedelta(minutes=8))
    (row,) = day_list(site, DAY).sessions

    assert standings_of([row], now)[0].said == "in chair 8 min"


def test_a_confirmed_session_says_so_until_it_is_moved(desk, book_today, now):
    session = book_today("10:00")
    Confirmation.objects.create(session=session, starts_at=session.starts_at, at=now)
    assert "state--confirmed" in page_of(desk.get(TODAY))

    session.starts_at += timedelta(minutes=5)
    session.save()

    assert "state--confirmed" not in page_of(desk.get(TODAY))


@pytest.fixture
def large_day(site, chairs, technicians, protocol):
    """Forty chairs with ten sessions each, of people whose names are not alike."""
    rooms = [*chairs, *(make_chair(site, position=number) for number in range(5, 41))]
    names = (
        "".join(letters).title() for letters in itertools.product(("ka", "mo", "ri"), ("ben", "dal"), ("sto", "wi"))
    )
    people = itertools.cycle([make_patient(site, family_name=family, given_name=family[::-1]) for family in names])
    rows = []
    for place in range(400):
        patient, start = next(people), at("2026-11-20", f"{8 + place % 10:02d}:{place // 10 % 6 * 5:02d}")
        course = Course(patient=patient, protocol=protocol, site=site, request={}, booked_at=start, updated_at=start)
        rows.append((course, rooms[place // 10], start))
    courses = Course.objects.bulk_create(course for course, _, _ in rows)
    Session.objects.bulk_create(
        Session(
            **{"course": course, "patient": course.patient, "site": site, "chair": chair, "number": 1},
            **{"technician": technicians[0], "kind": "treatment", "starts_at": start, "updated_at": start},
            **{"ends_at": start + timedelta(minutes=30), "chair_until": start + timedelta(minutes=30)},
        )
        for course, (_, chair, start) in zip(courses, rows, strict=True)
    )


@pytest.mark.parametrize(("view", "queries"), [("board", 11), ("list", 9)])
def test_a_day_of_forty_chairs_is_one_light_page_in_as_many_queries_as_a_small_one(
    desk, large_day, view, queries, django_assert_num_queries
):
    desk.post(reverse("frontdesk:look"), {"view": view})

    with django_assert_num_queries(queries):
        page = desk.get(TODAY)

    assert page_of(page).count('id="s-') == 400
    assert len(gzip.compress(page.content)) <= {"board": 15, "list": 25}[view] * 1024


def test_a_gap_leads_to_whom_it_suits(desk, other_desk, site, chairs):
    answer = desk.get(TODAY, {"gap": f"{chairs[1].pk}-0905-1000"})

    assert answer["Location"].endswith(f"day=2026-11-20&chair={chairs[1].uid}&begins=09%3A05&ends=10%3A00#gap")
    assert other_desk.get(TODAY, {"gap": f"{chairs[1].pk}-0905-1000"}).status_code == 404
    assert desk.get(TODAY, {"gap": "x"}).status_code == 200


def test_the_tally_counts_who_confirmed_who_is_late_and_what_is_free(desk, book_today, now):
    book_today("08:30")
    confirmed = book_today("10:00", chair=1)
    Confirmation.objects.create(session=confirmed, starts_at=confirmed.starts_at, at=now)

    tally = page_of(desk.get(f"{TODAY}gaps/")).partition('class="tally"')[2].partition("</ul>")[0]

    assert [" ".join(found) for found in re.findall(r"<b>(\d+)</b> ([a-z -]+)", tally)] == [
        "1 confirmed",
        "1 late",
        "5 free",
    ]
