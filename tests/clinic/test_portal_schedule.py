"""What a patient sees: the next visit, the course so far, the month, the list, the calendar addresses."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from clinic.models import CalendarLink, Closure
from clinic.selectors.months import month_sheet
from clinic.selectors.schedule import patient_schedule
from clinic.services import access
from clinic.services.audit import Actor

from .builders import at, make_course, make_session

DESK = Actor(name="Imogen")
LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def course(margaret, protocol, chairs, technicians):
    """Ten sessions on weekdays from 16 November at 8:30, the eighth at 8:15, and a follow-up on 4 January."""
    course = make_course(margaret, protocol)
    days = [f"2026-11-{day}" for day in (16, 17, 18, 19, 20, 23, 24, 25, 26, 27)]
    for number, day in enumerate(days, start=1):
        make_session(course, chairs[0], technicians[0], at(day, "08:15" if number == 8 else "08:30"))
    course.sessions.filter(number__lte=4).update(status="fulfilled")
    make_session(course, chairs[0], technicians[0], at("2027-01-04", "14:00"), kind="follow-up", minutes=20)
    return course


def signed_in(patient, now):
    client = Client()
    _, secret = access.new_patient_link(patient=patient, label="", by=DESK, now=now)
    born = patient.date_of_birth
    client.post(reverse("portal:open", args=[secret]), {"day": born.day, "month": born.month, "year": born.year})
    return client


@pytest.fixture
def clock(monkeypatch, now):
    cache.clear()
    moment = [now]
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment[0])
    return moment


@pytest.fixture
def phone(margaret, course, clock):
    return signed_in(margaret, clock[0])


@pytest.fixture
def pias_phone(pia, course, clock):
    return signed_in(pia, clock[0])


def text_of(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_the_next_visit_stands_first_in_words(phone):
    page = text_of(phone.get("/my/"))

    assert "In 3 days: Session 6 of 10 8:30am Monday 23 November" in page
    assert "12 Harbour Street, Bristol BS1 4RB. About 30 minutes." in page


@pytest.mark.parametrize(
    "moment, words",
    [
        ("2026-11-22T23:59", "Tomorrow"),
        ("2026-11-23T00:00", "Today"),
        ("2026-11-23T08:59", "Today"),
        ("2026-11-23T09:00", "Tomorrow"),
    ],
)
def test_how_soon_is_said_by_the_days_of_the_site(margaret, course, moment, words):
    schedule = patient_schedule(margaret, datetime.fromisoformat(moment).replace(tzinfo=LONDON).astimezone(UTC))

    assert schedule.next_in_words == words


def test_progress_counts_sessions_and_not_follow_ups(margaret, course, now):
    schedule = patient_schedule(margaret, now)

    assert (schedule.done, len(schedule.current), schedule.missed) == (5, 10, 0)
    assert [(week.title, len(week.visits)) for week in schedule.weeks] == [("This week", 5), ("Next week", 5)]


def test_an_unusual_time_is_called_out_in_words(phone, margaret, course, now):
    (changed,) = [visit for visit in patient_schedule(margaret, now).visits if visit.state == "changed"]

    assert (changed.time, changed.note) == ("8:15am", "15 minutes earlier than usual")
    assert "Wednesday 25 November is at 8:15am , 15 minutes earlier than usual." in text_of(phone.get("/my/"))


def test_where_no_time_is_usual_none_is_unusual(margaret, course, now):
    for session in course.sessions.all():
        later = timedelta(minutes=5 * session.number)
        type(session).objects.filter(pk=session.pk).update(
            starts_at=session.starts_at + later, ends_at=session.ends_at + later, chair_until=session.ends_at + later
        )

    assert {visit.note for visit in patient_schedule(margaret, now).visits} == {""}


def test_a_course_keeps_its_usual_time_across_a_clock_change(margaret, protocol, chairs, technicians, now):
    course = make_course(margaret, protocol)
    for day in ("2027-03-26", "2027-03-27", "2027-03-29", "2027-03-30"):
        make_session(course, chairs[0], technicians[0], at(day, "08:30", LONDON))

    visits = patient_schedule(margaret, now).visits

    assert {(visit.time, visit.note) for visit in visits} == {("8:30am", "")}


def test_times_are_the_clinics_and_said_so_or_the_visitors_own_on_request(phone):
    assert "All times are those of the clinic, in the time zone of London." in text_of(phone.get("/my/"))

    page = phone.get("/my/?zone=Australia/Sydney&month=2026-11")

    text = text_of(page)
    assert "Times are told by your clock, that of Sydney, and not by the clinic’s." in text
    assert "In 3 days: Session 6 of 10 7:30pm Monday 23 November" in text
    assert "Wednesday 25 November is at 7:15pm , 15 minutes earlier than usual." in text
    assert "month=2026-12&amp;zone=Australia/Sydney#month" in page.content.decode()


def test_a_visit_may_be_on_another_day_by_the_visitors_clock(margaret, course, now):
    visits = patient_schedule(margaret, now, zone=ZoneInfo("Pacific/Auckland")).visits
    late = patient_schedule(margaret, now, zone=ZoneInfo("Pacific/Kiritimati")).visits

    assert visits[0].starts_at.utcoffset() == timedelta(hours=13)
    assert (late[-1].day.day, late[-1].time) == (5, "4:00am")  # of the follow-up at 2 in the afternoon of 4 January


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "UTC\x00", "x" * 5000, "Europe/London"])
def test_a_zone_that_nobody_knows_means_the_clinics(phone, zone):
    assert "8:30am Monday 23 November" in text_of(phone.get("/my/", {"zone": zone}))


def test_a_follow_up_stands_in_the_list_like_a_session(phone):
    assert "Mon 4 Jan 2:00pm Follow-up visit" in text_of(phone.get("/my/"))


def test_a_cancelled_visit_is_struck_through_and_is_not_next(phone, margaret, course, now):
    course.sessions.filter(number=6).update(status="cancelled")

    schedule = patient_schedule(margaret, now)
    page = phone.get("/my/").content.decode()

    assert schedule.next.day.day == 24
    assert len(schedule.current) == 9
    assert "<del>8:30am</del> Cancelled" in page


def test_a_missed_visit_is_said_and_counted(phone, margaret, course, now):
    course.sessions.filter(number=4).update(status="noshow")

    assert patient_schedule(margaret, now).missed == 1
    assert "You have missed 1." in text_of(phone.get("/my/"))


def test_a_visit_that_the_desk_did_not_tick_off_counts_as_done_when_it_is_over(margaret, course, now):
    states = [visit.state for visit in patient_schedule(margaret, now).visits]

    assert course.sessions.get(number=5).status == "booked"
    assert states[4:6] == ["done", "next"]


def test_what_was_entered_in_error_or_only_proposed_is_not_shown(margaret, course, now):
    course.sessions.filter(number=6).update(status="proposed")
    course.sessions.filter(number=7).update(status="entered-in-error")

    assert len(patient_schedule(margaret, now).visits) == 9


def test_visits_elsewhere_say_where(margaret, course, other_site, now):
    other_site.address = "3 Moor Lane"
    other_site.save()
    course.sessions.filter(number=7).update(site=other_site)

    notes = [visit.note for visit in patient_schedule(margaret, now).visits if visit.note]
    assert notes == ["at 3 Moor Lane", "15 minutes earlier than usual"]


def test_the_month_shows_holidays_by_name_and_closures_without_their_cause(phone, site):
    Closure.objects.create(
        site=site, starts_at=at("2026-12-07", "00:00"), ends_at=at("2026-12-08", "00:00"), cause="Burst coil cooling"
    )
    Closure.objects.create(
        site=site, starts_at=at("2026-12-09", "13:00"), ends_at=at("2026-12-09", "18:00"), cause="Training"
    )

    page = text_of(phone.get("/my/?month=2026-12"))

    assert "December 2026" in page
    assert "We are closed on Monday 7 December, Friday 25 December (Christmas Day) and Monday 28 December" in page
    assert "Burst" not in page
    assert "Training" not in page


@pytest.mark.parametrize("month", ["", "2026-13", "x", "9999-99", "0000-01", "2026-12-01", "'", "-1"])
def test_a_month_that_does_not_exist_means_the_one_with_the_next_visit(phone, month):
    answer = phone.get("/my/", {"month": month})

    assert answer.status_code == 200
    assert "November 2026" in text_of(answer)


def test_months_reach_from_the_first_to_the_last_visit(margaret, course, now):
    schedule = patient_schedule(margaret, now)
    far = [month_sheet(schedule, datetime(year, 6, 1, tzinfo=UTC).date()) for year in (1, 9999)]

    assert [sheet.title for sheet in far] == ["November 2026", "January 2027"]
    assert (far[0].previous, far[1].following) == (None, None)
    assert far[0].following.month == 12


def test_a_patient_without_visits_is_told_so(pias_phone):
    page = text_of(pias_phone.get("/my/"))

    assert "Nothing is booked" in page
    assert "of 0" not in page


def test_the_number_of_queries_does_not_grow_with_the_course(
    phone, course, chairs, technicians, django_assert_num_queries
):
    def count():
        with django_assert_num_queries(8):  # browser session, link, visits, closures, confirmed, undo, courses twice
            phone.get("/my/")

    count()
    for day in range(1, 24):
        make_session(course, chairs[1], technicians[1], at(f"2027-02-{day:02}", "08:30"))
    count()


def test_pia_never_sees_margarets_visits(pias_phone, course):
    pages = [pias_phone.get(page).content.decode() for page in ("/my/", "/my/?month=2026-11", "/my/calendar/")]

    for page in pages:
        assert "Margaret" not in page
        assert "8:30" not in page
        assert "Session 6" not in page


def test_names_with_markup_are_only_text(phone, margaret):
    margaret.given_name = "<script>alert(1)</script>"
    margaret.save()

    assert "<script>alert" not in phone.get("/my/").content.decode()


def test_an_address_for_calendars_is_made_and_shown_once(phone, margaret):
    made = phone.post("/my/calendar/", {"action": "make"}).content.decode()

    secret = re.search(r'href="webcal://localhost:8000/calendar/([\w-]{43})\.ics"', made)[1]
    assert f'value="http://localhost:8000/calendar/{secret}.ics"' in made
    assert Client().get(f"/calendar/{secret}.ics").status_code == 200
    assert secret not in phone.get("/my/calendar/").content.decode()


def test_an_address_for_calendars_is_replaced_and_removed(phone, margaret, clock):
    link, secret = access.new_calendar_link(patient=margaret, by=DESK, now=clock[0])

    replaced = phone.post("/my/calendar/", {"action": "replace", "link": link.uid}).content.decode()
    second = re.search(r"/calendar/([\w-]{43})\.ics", replaced)[1]
    assert [Client().get(f"/calendar/{each}.ics").status_code for each in (secret, second)] == [404, 200]

    left = CalendarLink.objects.get(revoked_at=None)
    assert phone.post("/my/calendar/", {"action": "remove", "link": left.uid}).status_code == 302
    assert Client().get(f"/calendar/{second}.ics").status_code == 404


@pytest.mark.parametrize("action", ["remove", "replace"])
def test_pia_cannot_touch_margarets_calendar_addresses(pias_phone, margaret, clock, action):
    link, secret = access.new_calendar_link(patient=margaret, by=DESK, now=clock[0])

    for uid in (link.uid, "not-an-id"):
        assert pias_phone.post("/my/calendar/", {"action": action, "link": uid}).status_code == 404
    assert Client().get(f"/calendar/{secret}.ics").status_code == 200
    assert CalendarLink.objects.count() == 1


def test_a_sixth_address_for_calendars_is_refused_in_a_sentence(phone):
    for _ in range(access.MOST_CALENDARS):
        phone.post("/my/calendar/", {"action": "make"})

    answer = phone.post("/my/calendar/", {"action": "make"})

    assert answer.status_code == 409
    assert "Please remove one that you no longer use." in text_of(answer)
