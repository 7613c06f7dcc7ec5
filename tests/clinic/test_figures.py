"""What the capacity pages say about the past and the weeks to come, counted by hand; as pages and as files."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.urls import reverse

from clinic.frontdesk.sheets import Sheet, as_file
from clinic.frontdesk.tables import TABLES
from clinic.models import AuditEntry, Chair, Closure, Referral, Technician
from clinic.selectors.figures import figures, together
from clinic.selectors.loads import load_table
from clinic.selectors.stretches import weeks_from
from clinic.selectors.usage import usage
from clinic.services import booking

from .builders import NOW, at, make_course, make_patient, make_session
from .pages import page_of

pytestmark = pytest.mark.usefixtures("clock")

LAST_WEEK = (date(2026, 11, 9), date(2026, 11, 15))
THIS_WEEK = (date(2026, 11, 16), date(2026, 11, 22))
TWO_WEEKS = (LAST_WEEK, THIS_WEEK)


@pytest.fixture
def put(clinic, protocol, chairs, technicians):
    """Write a session of somebody into the diary."""

    def session(day, clock, chair=0, **fields):
        course = fields.pop("course", None) or make_course(make_patient(clinic), protocol, booked_at=at(day, "07:00"))
        return make_session(course, chairs[chair], technicians[chair], at(day, clock), **fields)

    return session


def counted(site, now=NOW):
    return figures(site, TWO_WEEKS, now=now)


def test_half_an_hour_and_its_turnaround_use_thirty_five_minutes_of_a_chair_and_thirty_of_a_technician(clinic, put):
    put("2026-11-10", "09:00", status="fulfilled")
    put("2026-11-10", "10:00", status="noshow")
    put("2026-11-17", "09:00", chair=1)
    put("2026-11-17", "10:00", chair=1, status="cancelled")

    used = usage(clinic, TWO_WEEKS, now=NOW)

    a_week = 5 * 10 * 60
    assert [(cell.booked, cell.open) for cell in used.chairs[0].cells] == [(35, a_week), (0, a_week)]
    assert [cell.booked for cell in used.chairs[1].cells] == [0, 35]
    assert [(cell.booked, cell.open) for cell in used.technicians[0].cells] == [(30, a_week), (0, a_week)]
    assert [cell.booked for cell in used.totals("chairs")] == [35, 35]
    assert used.technicians[1].all.booked == 30


def test_closed_days_and_hours_without_anybody_to_run_a_chair_are_not_open(clinic, chairs, technicians):
    Technician.objects.exclude(pk=technicians[0].pk).update(is_active=False)
    shift = technicians[0].shifts.get()
    shift.hours = "Mon-Fri 08:00-12:00"
    shift.save()
    Closure.objects.create(site=clinic, starts_at=at("2026-11-09", "00:00"), ends_at=at("2026-11-10", "00:00"))
    Closure.objects.create(
        site=clinic, chair=chairs[0], starts_at=at("2026-11-11", "00:00"), ends_at=at("2026-11-12", "00:00")
    )

    used = usage(clinic, TWO_WEEKS, now=NOW)

    assert [cell.open for cell in used.chairs[0].cells] == [3 * 240, 5 * 240]
    assert [cell.open for cell in used.chairs[1].cells] == [4 * 240, 5 * 240]
    assert [cell.open for cell in used.technicians[0].cells] == [4 * 240, 5 * 240]


def test_somebody_who_attends_two_patients_at_once_has_every_hour_twice(clinic, technicians):
    Technician.objects.filter(pk=technicians[0].pk).update(at_once=2)

    cells = {row.name: row.all.open for row in usage(clinic, TWO_WEEKS, now=NOW).technicians}

    assert cells["Ana Reyes"] == 2 * cells["Ben Okafor"]


def test_a_chair_alone_has_the_same_numbers_in_both_tables(clinic, busy, chairs):
    weeks = weeks_from(date(2026, 11, 23), 4)

    by_chair = usage(clinic, weeks, now=NOW).chairs[0].cells
    by_hour = load_table(clinic, first=weeks[0][0], weeks=4, now=NOW, chair=chairs[0]).totals

    assert [(c.booked, c.open) for c in by_chair] == [(c.booked, c.open) for c in by_hour]
    assert by_chair[0].booked == 3 * 35


def test_sessions_are_kept_or_missed_once_somebody_has_noted_it(clinic, put):
    for clock in ("08:00", "09:00", "10:00"):
        put("2026-11-10", clock, status="fulfilled")
    put("2026-11-10", "11:00", status="noshow")
    put("2026-11-10", "12:00", status="cancelled")
    put("2026-11-10", "13:00", status="entered-in-error")
    put("2026-11-19", "09:00")
    put("2026-11-20", "15:00")

    last, this = counted(clinic)

    assert (last.done, last.missed, last.unnoted, last.kept) == (3, 1, 0, 75)
    assert (this.done, this.missed, this.unnoted, this.kept) == (0, 0, 1, None)


def test_a_cancelled_time_is_refilled_when_another_session_stands_in_part_of_it_on_the_same_chair(clinic, put):
    put("2026-11-10", "09:00", status="cancelled")
    put("2026-11-10", "09:15", status="fulfilled")
    put("2026-11-10", "11:00", status="cancelled")
    put("2026-11-10", "11:30", status="fulfilled")
    put("2026-11-10", "11:00", chair=1, status="fulfilled")
    put("2026-11-10", "14:00", status="cancelled")
    put("2026-11-10", "14:00", status="noshow")

    last, _ = counted(clinic)

    assert (last.freed, last.refilled, last.reused) == (3, 1, 33)


def test_a_time_at_which_the_chair_was_out_of_use_was_not_freed(clinic, put, chairs):
    put("2026-11-10", "09:00", status="cancelled")
    Closure.objects.create(
        site=clinic, chair=chairs[0], starts_at=at("2026-11-10", "00:00"), ends_at=at("2026-11-11", "00:00")
    )

    assert counted(clinic)[0].freed == 0


def test_a_session_that_is_moved_frees_its_time_and_one_that_is_put_back_does_not(clinic, put, chairs, by):
    moved = put("2026-11-24", "09:00")
    booking.move_session(session=moved, start=at("2026-11-24", "11:00"), chair=chairs[0], by=by, now=NOW)
    back = put("2026-11-25", "09:00", chair=1)
    booking.move_session(session=back, start=at("2026-11-25", "11:00"), chair=chairs[1], by=by, now=NOW)
    soon = NOW + timedelta(minutes=2)
    booking.move_session(session=back, start=at("2026-11-25", "09:00"), chair=chairs[1], by=by, now=soon)

    next_week = (date(2026, 11, 23), date(2026, 11, 29))
    (found,) = figures(clinic, (next_week,), now=NOW)
    put("2026-11-24", "09:00")
    (refilled,) = figures(clinic, (next_week,), now=NOW)

    assert (found.freed, found.refilled) == (1, 0)
    assert (refilled.freed, refilled.refilled) == (1, 1)


def test_what_a_replan_moved_away_from_is_read_too(clinic, put, chairs):
    session = put("2026-11-10", "15:00", status="fulfilled")
    place = {"starts_at": "2026-11-10T09:00:00+00:00", "chair_id": chairs[0].pk, "technician_id": None}
    AuditEntry.objects.create(
        at=NOW - timedelta(days=12), actor="Imogen", action="session moved", session=session, data={"from": place}
    )

    assert counted(clinic)[0].freed == 1


def test_the_wait_is_counted_from_the_referral_and_without_one_from_the_booking(clinic, put, protocol):
    waited = make_patient(clinic)
    Referral.objects.create(
        patient=waited, protocol=protocol, site=clinic, request={}, created_at=at("2026-10-12", "12:00"), updated_at=NOW
    )
    course = make_course(waited, protocol, booked_at=at("2026-11-02", "12:00"))
    put("2026-11-09", "09:00", course=course, status="noshow")
    put("2026-11-11", "09:00", course=course, status="fulfilled")
    again = make_course(waited, protocol, booked_at=at("2026-11-06", "12:00"))
    put("2026-11-12", "09:00", course=again, status="fulfilled")
    revoked = make_course(make_patient(clinic), protocol, booked_at=at("2026-11-06", "12:00"), status="revoked")
    put("2026-11-13", "09:00", course=revoked, status="fulfilled")
    taken_over = make_course(make_patient(clinic), protocol, booked_at=NOW)
    put("2026-11-13", "10:00", course=taken_over, status="fulfilled")

    last, _ = counted(clinic)

    assert sorted(last.waits) == [6, 30]
    assert (last.typical_wait, last.longest_wait) == (30, 30)


def test_weeks_add_up_to_the_whole_stretch(clinic, put):
    put("2026-11-10", "09:00", status="fulfilled")
    put("2026-11-18", "09:00", status="noshow")
    put("2026-11-18", "10:00", status="cancelled")

    whole = together(counted(clinic))
    (at_once,) = figures(clinic, ((LAST_WEEK[0], THIS_WEEK[1]),), now=NOW)

    assert whole == at_once
    assert (whole.done, whole.missed, whole.freed) == (1, 1, 1)


def test_a_full_stretch_costs_as_many_queries_as_a_quiet_one(clinic, put, django_assert_num_queries):
    put("2026-11-12", "09:00", status="fulfilled")
    with django_assert_num_queries(8):
        counted(clinic)
    with django_assert_num_queries(7):
        usage(clinic, TWO_WEEKS, now=NOW)
    for number, clock in enumerate(("08:00", "09:00", "10:00", "11:00")):
        put("2026-11-10", clock, chair=number, status="fulfilled")
        put("2026-11-11", clock, chair=number, status="cancelled")

    with django_assert_num_queries(8):
        counted(clinic)
    with django_assert_num_queries(7):
        usage(clinic, TWO_WEEKS, now=NOW)


def test_the_page_says_the_figures_and_what_they_mean(desk, put):
    put("2026-11-10", "09:00", status="fulfilled")
    put("2026-11-10", "10:00", status="fulfilled")
    put("2026-11-10", "11:00", status="noshow")

    page = page_of(desk.get(reverse("frontdesk:figures")))

    assert "67%" in page
    assert "2 of 3 took place, 1 missed" in page
    assert "The sessions that took place, of those that took place or were missed." in page
    assert "Ana Reyes" in page


@pytest.mark.parametrize(
    "stretch, dates",
    [
        ("4", "Mon 19 Oct 2026 to Sun 15 Nov 2026"),
        ("2026-10", "Thu 1 Oct 2026 to Sat 31 Oct 2026"),
        ("2026-11", "Sun 1 Nov 2026 to Thu 19 Nov 2026"),
    ],
)
def test_some_weeks_or_a_month_as_far_as_it_has_passed_can_be_looked_back_on(desk, clinic, stretch, dates):
    page = page_of(desk.get(reverse("frontdesk:figures"), {"stretch": stretch}))

    assert f'value="{stretch}" selected' in page
    assert dates in page


@pytest.mark.parametrize("stretch", ["", "5", "2027-01", "1999-01", "4'", "\x00"])
def test_a_stretch_that_is_not_on_offer_is_not_there(desk, clinic, stretch):
    assert desk.get(reverse("frontdesk:figures"), {"stretch": stretch}).status_code == 404


def test_a_month_that_has_not_begun_and_the_first_of_a_month_are_no_trouble(client, imogen, clinic, clock):
    clock[0] = at("2026-12-01", "09:00")
    client.force_login(imogen)

    page = page_of(client.get(reverse("frontdesk:figures")))

    assert 'value="2026-12"' not in page
    assert 'value="2026-11"' in page


def read(answer):
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_can_be_saved_and_tells_nothing_about_a_patient(desk, put, name):
    session = put("2026-11-10", "09:00", status="fulfilled")

    header, *rows = read(desk.get(reverse("frontdesk:table", args=[name]), {"stretch": "4"}))

    assert rows
    assert {len(row) for row in rows} == {len(header)}
    text = str(rows)
    assert session.patient.family_name not in text
    assert session.patient.number not in text


def test_a_table_has_the_numbers_of_the_page(desk, put):
    put("2026-11-10", "09:00", status="fulfilled")

    rows = read(desk.get(reverse("frontdesk:table", args=["chairs"]), {"stretch": "4"}))

    assert rows[0] == ["Chair", "From", "To", "Minutes used", "Minutes open", "Per cent"]
    assert ["Chair 1", "2026-11-09", "2026-11-15", "35", "3000", "1"] in rows


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_taken_for_a_formula(desk, clinic, chairs, sign):
    Chair.objects.filter(pk=chairs[0].pk).update(name=f'{sign}HYPERLINK("http://example.org")')

    rows = read(desk.get(reverse("frontdesk:table", args=["chairs"])))

    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row)


def test_numbers_stay_numbers():
    assert b"-3,," in as_file(Sheet(columns=("a", "b", "c"), rows=[(-3, None, "")]), "x").content


def test_the_weeks_to_come_are_shown_by_chair_and_by_technician(desk, busy, chairs):
    by_chair = page_of(desk.get(reverse("frontdesk:capacity"), {"by": "chairs"}))
    by_technician = page_of(desk.get(reverse("frontdesk:capacity"), {"by": "technicians"}))
    nonsense = desk.get(reverse("frontdesk:capacity"), {"by": "weather"})

    assert f"chair={chairs[0].uid}" in by_chair
    assert "Ana Reyes" in by_technician
    assert "Ana Reyes" not in by_chair.split("What if")[0]
    assert nonsense.status_code == 200


PAGES = [("figures", []), *(("table", [name]) for name in sorted(TABLES))]


@pytest.mark.parametrize("name, args", PAGES)
def test_the_figures_of_a_clinic_are_for_its_own_people(other_desk, client, clinic, site, name, args):
    address = reverse(f"frontdesk:{name}", args=args)

    assert other_desk.get(address, {"site": str(site.uid)}).status_code == 404
    assert "Ana Reyes" not in page_of(other_desk.get(address))
    assert client.get(address)["Location"].startswith("/accounts/login/")


def test_a_table_that_is_not_there_is_not_there(desk, clinic):
    assert desk.get(reverse("frontdesk:table", args=["patients"])).status_code == 404
