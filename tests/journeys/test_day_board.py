"""The board of a day in a real browser: worked by keys, true by itself, and shared by several people."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from clinic.models import AuditEntry, Chair, Closure, Session, User
from clinic.services import attendance
from clinic.services.audit import Actor
from tests.clinic.builders import NOW, at, make_course, make_patient, make_session

from .test_desk_pages import enter, faults_of

pytestmark = pytest.mark.django_db(transaction=True)
DAY = "/day/2026-11-23/"
MORNING = at("2026-11-23", "09:20")


@pytest.fixture
def clock(clinic, monkeypatch):
    """Monday at twenty past nine; eight and half past eight are late, ten past nine too, eleven comes."""
    moment = [MORNING]
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment[0])
    return moment


@pytest.fixture
def board(new_context, live_server, clock):
    page = enter(new_context, live_server, viewport={"width": 1440, "height": 900})
    page.clock.install()
    page.goto(live_server.url + DAY)
    expect(page.locator(".free").first).to_be_visible()
    return page


def session_at(clock):
    return Session.objects.get(starts_at=at("2026-11-23", clock))


def block(page, clock):
    return page.locator(f"#s-{session_at(clock).pk}")


def said_elsewhere(clock, status):
    """Do what another person at the desk does."""
    by = Actor.of_user(User.objects.get(email="imogen@example.org"))
    attendance.set_status(session=session_at(clock), status=status, by=by, now=MORNING)


def test_one_letter_says_what_happened_to_the_session_in_focus(board):
    block(board, "09:10").focus()
    for key, status in (("a", "arrived"), ("i", "checked-in"), ("d", "fulfilled")):
        board.keyboard.press(key)
        expect(block(board, "09:10")).to_have_class(re.compile(f"state--{status}"))
        assert session_at("09:10").status == status
        expect(block(board, "09:10")).to_be_focused()


def test_a_missed_session_comes_back_with_u(board):
    block(board, "09:10").focus()
    board.keyboard.press("n")
    expect(board.locator("#undo")).to_contain_text("no-show. You can take it back until 09:23.")

    board.keyboard.press("u")

    expect(board.locator("#undo")).to_be_empty()
    assert session_at("09:10").status == "booked"


def test_a_letter_that_makes_no_sense_for_a_session_does_nothing(board):
    block(board, "09:10").focus()
    board.keyboard.press("d")
    board.keyboard.press("a")

    expect(block(board, "09:10")).to_have_class(re.compile("state--arrived"))
    assert session_at("09:10").version == 1


def test_a_cancelled_session_is_undone_by_the_line_above_the_board(board):
    block(board, "11:00").focus()
    board.keyboard.press("x")
    expect(board.locator("#undo")).to_contain_text("cancelled")

    board.locator("#undo button").click()

    expect(block(board, "11:00")).to_have_class(re.compile("state--booked"))
    assert session_at("11:00").status == "booked"


def test_who_told_to_be_late_is_marked_and_unmarked_by_l(board):
    block(board, "11:00").focus()
    board.keyboard.press("l")
    expect(block(board, "11:00")).to_contain_text("told us")

    board.keyboard.press("l")

    expect(block(board, "11:00")).not_to_contain_text("told us")


def test_arrows_walk_from_session_to_session_and_to_gaps(board):
    block(board, "08:30").focus()
    board.keyboard.press("ArrowRight")
    expect(block(board, "09:10")).to_be_focused()
    board.keyboard.press("ArrowLeft")
    expect(block(board, "08:30")).to_be_focused()

    board.keyboard.press("ArrowDown")

    assert "free" in board.evaluate("document.activeElement.className")


def test_the_board_is_one_stop_of_the_tab_key(board):
    assert board.locator('#day .lanes a[tabindex="0"]').count() == 1
    assert board.locator('#day .lanes a:not([tabindex="-1"])').count() == 1


def test_c_brings_the_number_and_once_more_notes_the_call(board):
    block(board, "11:00").focus()
    board.keyboard.press("c")
    expect(board.locator("#say-call")).to_be_focused()
    expect(board.locator("#say-call")).to_have_attribute("href", re.compile(r"^tel:\+?\d+$"))
    assert not AuditEntry.objects.filter(action="patient called").exists()

    board.keyboard.press("c")

    expect(block(board, "11:00")).to_contain_text("called 09:20")
    board.locator("#undo button").click()
    expect(block(board, "11:00")).not_to_contain_text("called")


def test_a_session_is_moved_by_three_keys_and_comes_back_by_one(board):
    block(board, "11:00").focus()
    stands = session_at("11:00")
    board.keyboard.press("m")
    expect(board.locator("#moving input:checked")).to_be_focused()
    assert faults_of(board) == []

    board.keyboard.press("Enter")

    expect(board.locator("#moving")).not_to_be_visible()
    expect(board.locator("#undo")).to_contain_text("moved. You can take it back until 09:23")
    stands.refresh_from_db()
    assert stands.starts_at != at("2026-11-23", "11:00")
    expect(board.locator(f"#s-{stands.pk}")).to_be_focused()

    board.keyboard.press("u")

    expect(board.locator("#undo")).to_be_empty()
    stands.refresh_from_db()
    assert stands.starts_at == at("2026-11-23", "11:00")


def test_who_does_not_move_it_after_all_is_back_on_the_session(board):
    block(board, "11:00").focus()
    board.keyboard.press("m")
    expect(board.locator("#moving h2")).to_be_visible()
    board.keyboard.press("Escape")

    expect(board.locator("#moving")).not_to_be_visible()
    expect(block(board, "11:00")).to_be_focused()


def test_a_move_that_somebody_else_forestalled_is_told_in_the_dialog(board):
    block(board, "11:00").focus()
    board.keyboard.press("m")
    expect(board.locator("#moving input:checked")).to_be_focused()
    said_elsewhere("11:00", "arrived")

    board.keyboard.press("Enter")

    expect(board.locator("#moving [role=alert]")).to_contain_text("Somebody else changed this a moment ago")
    assert session_at("11:00").status == "arrived"


def drag(page, one, gap, minutes):
    """Drag a session to a gap, so many minutes below its beginning, and let it go."""
    start, end = one.bounding_box(), gap.bounding_box()
    page.mouse.move(start["x"] + 20, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(end["x"] + 20, end["y"] + 20, steps=5)
    page.mouse.move(end["x"] + 20, end["y"] + 8 + minutes / 5 * 8, steps=3)
    page.mouse.up()


@pytest.fixture
def free_chair(board):
    """A chair that is free from now on to the end of the day, and its gap."""
    gap = board.locator(".free", has_text="520 min").first
    return Chair.objects.get(pk=gap.get_attribute("id").split("-")[1]), gap


def test_a_session_is_dragged_to_a_gap_confirmed_and_taken_back(board, free_chair):
    stands, (chair, gap) = session_at("11:00"), free_chair
    drag(board, block(board, "11:00"), gap, 60)
    expect(board.locator("#moving :checked ~ .t")).to_have_text(f"Mon 23 Nov 10:20, {chair.name.lower()}")

    board.locator("#moving .btn--go").click()

    expect(board.locator("#undo")).to_contain_text("moved. You can take it back")
    stands.refresh_from_db()
    assert (stands.starts_at, stands.chair) == (at("2026-11-23", "10:20"), chair)


def test_a_session_that_cannot_stand_where_it_is_dropped_stays_and_the_dialog_says_why(board, free_chair):
    stands, (chair, gap) = session_at("11:00"), free_chair
    times = {"starts_at": at("2026-11-23", "10:00"), "ends_at": at("2026-11-23", "12:00")}
    Closure.objects.create(site=chair.site, chair=chair, cause="Coil", **times)
    drag(board, block(board, "11:00"), gap, 60)

    expect(board.locator("#moving [role=alert]")).to_contain_text("It cannot stand there")
    board.get_by_role("button", name="Leave it").click()
    stands.refresh_from_db()
    assert stands.starts_at == at("2026-11-23", "11:00")
    expect(block(board, "11:00").locator(".t")).to_have_text("11:00")


def test_a_click_without_a_move_of_the_mouse_only_chooses(board):
    block(board, "11:00").click()

    expect(board.locator("#chosen h2")).to_contain_text(str(session_at("11:00").patient))
    expect(board.locator("#moving")).not_to_be_visible()


def test_the_board_says_since_when_it_is_old_and_takes_that_back(board):
    board.context.set_offline(True)
    board.clock.run_for(21_000)
    expect(board.locator("#stale")).to_contain_text(re.compile(r"Not up to date since \d\d:\d\d"))
    said = board.locator("#stale").inner_text()
    board.clock.run_for(21_000)
    assert board.locator("#stale").inner_text() == said

    board.context.set_offline(False)
    board.clock.run_for(21_000)

    expect(board.locator("#stale")).to_be_empty()


def test_two_keys_in_quick_succession_are_both_done(board):
    block(board, "09:10").focus()
    board.keyboard.press("a")
    block(board, "11:00").focus()
    board.keyboard.press("a")

    expect(block(board, "11:00")).to_have_class(re.compile("state--arrived"))
    expect(block(board, "09:10")).to_have_class(re.compile("state--arrived"))


def test_going_back_after_an_act_shows_the_day_as_it_is(board, live_server):
    block(board, "09:10").focus()
    board.keyboard.press("a")
    expect(block(board, "09:10")).to_have_class(re.compile("state--arrived"))
    board.goto(live_server.url + "/patients/")
    board.go_back()

    expect(block(board, "09:10")).to_have_class(re.compile("state--arrived"))


def test_letters_do_nothing_for_whoever_switched_them_off(board):
    User.objects.update(has_shortcuts=False)
    board.reload()
    block(board, "09:10").focus()
    board.keyboard.press("a")
    board.keyboard.press("ArrowLeft")

    expect(block(board, "08:30")).to_be_focused()
    assert session_at("09:10").status == "booked"


def test_the_board_follows_what_others_do_and_keeps_focus_and_typed_text(board):
    block(board, "11:00").focus()
    board.locator("#find").fill("okon")
    said_elsewhere("09:10", "arrived")

    board.clock.run_for(21_000)

    expect(block(board, "09:10")).to_have_class(re.compile("state--arrived"))
    assert board.locator("#find").input_value() == "okon"
    expect(board.locator("#find")).to_be_focused()
    said_elsewhere("08:30", "arrived")
    block(board, "11:00").focus()
    board.clock.run_for(21_000)
    expect(block(board, "08:30")).to_have_class(re.compile("state--arrived"))
    expect(block(board, "11:00")).to_be_focused()


def test_a_page_that_is_still_true_is_not_drawn_again(board):
    statuses = []
    board.on("response", lambda response: statuses.append(response.status))

    board.clock.run_for(21_000)
    board.wait_for_timeout(300)

    assert statuses == [204]


def test_two_people_who_act_on_one_session_are_told(board):
    block(board, "09:10").focus()
    said_elsewhere("09:10", "noshow")

    board.keyboard.press("a")

    expect(board.locator("#day [role=alert]")).to_contain_text("Somebody else changed this a moment ago")
    expect(block(board, "09:10")).to_have_class(re.compile("state--noshow"))
    assert session_at("09:10").status == "noshow"


def test_minutes_go_on_by_themselves(board, clock):
    expect(block(board, "09:10")).to_contain_text("10 min")
    clock[0] = MORNING + timedelta(minutes=5)

    board.clock.run_for(21_000)

    expect(block(board, "09:10")).to_contain_text("15 min")


def test_the_day_works_without_script(new_context, live_server, clock):
    plain = enter(new_context, live_server, java_script_enabled=False)
    plain.goto(live_server.url + DAY)
    block(plain, "09:10").click()
    plain.locator("#chosen").get_by_role("button", name="Arrived").click()
    expect(plain.locator("section", has_text="Waiting room").last).to_contain_text("Here 0 min")

    plain.locator("#undo button").click()

    assert session_at("09:10").status == "booked"
    plain.get_by_role("button", name="List").click()
    plain.get_by_role("link", name="Show the gaps").click()
    expect(plain.locator(".daylist")).to_contain_text("free until")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1440])
def test_a_busy_board_has_no_barrier_and_does_not_scroll_sideways(
    new_context, live_server, clinic, clock, scheme, width
):
    for clock_time, status in (
        ("08:00", "fulfilled"),
        ("08:30", "checked-in"),
        ("09:10", "arrived"),
        ("11:00", "noshow"),
    ):
        Session.objects.filter(starts_at=at("2026-11-23", clock_time)).update(status=status, updated_at=NOW)
    last = session_at("11:00")
    course = make_course(make_patient(clinic, family_name="A" * 40), last.course.protocol)
    chosen = make_session(course, last.chair, last.technician, at("2026-11-23", "09:00"), minutes=20)
    page = enter(new_context, live_server, color_scheme=scheme, viewport={"width": width, "height": 800})

    page.goto(f"{live_server.url}{DAY}?at={chosen.pk}")

    expect(page.locator(".free").first).to_be_attached()
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_a_session_that_is_chosen_on_a_phone_comes_into_sight(new_context, live_server, clock):
    page = enter(new_context, live_server, viewport={"width": 390, "height": 700})
    page.goto(live_server.url + DAY)
    expect(page.locator(".free").first).to_be_visible()
    block(page, "11:00").click()

    expect(page.locator("#say-arrived")).to_be_in_viewport()
    page.locator("#say-arrived").click()

    expect(page.locator("#chosen")).to_contain_text("arrived 0 min")
    assert session_at("11:00").status == "arrived"


def test_the_board_is_printed_on_one_page(board):
    board.emulate_media(media="print")

    assert board.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1
    expect(board.locator(".board")).to_be_visible()
    expect(board.locator(".side")).to_be_hidden()
