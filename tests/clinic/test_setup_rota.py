"""The rota and time off: painted from a date on, never behind the back of what is booked."""

from datetime import date

import pytest
from django.db.models import F
from django.urls import reverse

from clinic import planning
from clinic.models import Absence, AuditEntry, Closure, Disruption, Session, Shift, Site
from clinic.models.people import Role
from clinic.selectors.setup.stretches import Stretch, painted, stretches
from clinic.selectors.weeks import closed_dates
from scheduler import WeeklyHours

from .builders import NOW, at, make_technician, make_user
from .pages import page_of

pytestmark = pytest.mark.usefixtures("clock")
WEEK = "?week=2026-11-23"


@pytest.fixture
def manager(client, clinic):
    client.force_login(make_user(clinic, name="Ruth Adeyemi", role=Role.MANAGER))
    return client


@pytest.fixture
def paint(manager, clinic):
    """Open a week of the rota and save it with some cells changed; cells are (technician, weekday): text."""

    def save(cells, query=WEEK, **changes):
        url = reverse("frontdesk:setup:rota", args=[clinic.uid]) + query
        form = manager.get(url).context["form"]
        data = {"from_day": form["from_day"].value(), "until": "on"}
        for row, shown in form.rows:
            data |= {cell["name"]: cell["value"] for cell in shown} | {f"seen-{row.person.uid}": row.mark}
        data |= {f"c-{person.uid}-{day}": text for (person, day), text in cells.items()}
        return manager.post(url, data | changes)

    return save


def hours(text):
    return WeeklyHours.parse(text)


def shifts_of(person):
    rows = person.shifts.order_by(F("first_date").asc(nulls_first=True))
    return [(row.hours, row.first_date and str(row.first_date), row.last_date and str(row.last_date)) for row in rows]


def test_shifts_that_overlap_are_read_as_what_they_mean_together():
    rows = [
        Shift(hours="Mon-Fri 08:00-12:00"),
        Shift(hours="Mon 12:00-16:00", first_date=date(2026, 12, 1), last_date=date(2026, 12, 31)),
    ]

    found = stretches(rows)

    assert [(str(item.hours), item.first, item.last) for item in found] == [
        ("Mon-Fri 08:00-12:00", None, date(2026, 11, 30)),
        ("Mon 08:00-16:00, Tue-Fri 08:00-12:00", date(2026, 12, 1), date(2026, 12, 31)),
        ("Mon-Fri 08:00-12:00", date(2027, 1, 1), None),
    ]


def test_a_week_that_is_painted_back_leaves_no_trace():
    always = Stretch(hours=hours("Mon-Fri 08:00-16:00"))
    week = {"first": date(2026, 12, 7), "last": date(2026, 12, 13)}

    changed = painted([always], Stretch(hours=hours("Mon 08:00-10:00"), **week))
    back = painted(changed, Stretch(hours=always.hours, **week))

    assert len(changed) == 3
    assert back == (always,)


def test_new_hours_hold_from_a_date_on(paint, technicians):
    ewa = technicians[4]

    answer = paint({(ewa, 0): "10-14", (ewa, 1): ""}, from_day="mon 30 nov")

    assert answer.status_code == 302
    assert shifts_of(ewa) == [
        ("Mon-Fri 08:00-18:00", None, "2026-11-29"),
        ("Mon 10:00-14:00, Wed-Fri 08:00-18:00", "2026-11-30", None),
    ]
    assert AuditEntry.objects.get(action="rota changed").data["technician"] == str(ewa.uid)


def test_hours_of_one_week_are_those_of_one_week(paint, technicians):
    ewa = technicians[4]

    paint({(ewa, 4): ""}, until="week")

    assert shifts_of(ewa)[1] == ("Mon-Thu 08:00-18:00", "2026-11-23", "2026-11-29")
    assert shifts_of(ewa)[2] == ("Mon-Fri 08:00-18:00", "2026-11-30", None)


def test_whoever_did_not_change_keeps_one_plain_shift(paint, technicians):
    paint({(technicians[4], 4): ""})

    assert all(len(shifts_of(person)) == 1 for person in technicians[:4])


def test_an_exception_of_somebody_else_does_not_become_a_habit(paint, technicians):
    dev, ewa = technicians[3:]
    paint({(ewa, 4): ""}, until="week")

    paint({(dev, 0): "10-14"})

    assert shifts_of(ewa)[2] == ("Mon-Fri 08:00-18:00", "2026-11-30", None)
    assert shifts_of(dev)[1] == ("Mon 10:00-14:00, Tue-Fri 08:00-18:00", "2026-11-23", None)


def test_the_week_before_can_be_copied(manager, paint, clinic, technicians):
    ewa = technicians[4]
    paint({(ewa, 4): ""}, until="week")

    url = reverse("frontdesk:setup:rota", args=[clinic.uid])
    form = manager.get(url, {"week": "2026-11-30", "copy": "1"}).context["form"]

    cells = {cell["name"]: cell["value"] for cell in form.cells[ewa.uid]}
    assert cells[f"c-{ewa.uid}-4"] == ""
    assert len(shifts_of(ewa)) == 3
    paint({}, query="?week=2026-11-30&copy=1", until="week")
    assert shifts_of(ewa)[1] == ("Mon-Thu 08:00-18:00", "2026-11-23", "2026-12-06")


def test_a_rota_that_leaves_booked_sessions_without_a_technician_says_which(paint, busy, technicians):
    answer = paint({(technicians[0], 1): "10:00-18:00"})

    page = page_of(answer)
    assert answer.status_code == 422
    assert shifts_of(technicians[0]) == [("Mon-Fri 08:00-18:00", None, None)]
    assert "Tue 24 Nov 08:30, OKONJO, Margaret" in page
    assert "Ana Reyes" in page
    assert 'value="10:00-18:00"' in page
    assert f"what=technician%3A{technicians[0].uid}" in answer.context["trouble"]["address"]


def test_sessions_of_other_days_are_in_nobodys_way(paint, busy, technicians):
    assert paint({(technicians[0], 4): ""}).status_code == 302


def test_wrong_hours_stay_in_their_cell_with_a_sentence(paint, technicians):
    answer = paint({(technicians[0], 0): "16-8", (technicians[1], 2): "7-25"})

    page = page_of(answer)
    assert answer.status_code == 422
    assert "Ana Reyes, Monday: 16-8 ends before it begins" in page
    assert "Ben Okafor, Wednesday" in page
    assert 'value="16-8"' in page
    assert not AuditEntry.objects.filter(action="rota changed").exists()


@pytest.mark.parametrize("day", ["yesterday", "1/1/2020", "1/1/2190", "x" * 5000, "2026-02-30"])
def test_a_date_from_which_nothing_can_begin_is_a_sentence(paint, technicians, day):
    answer = paint({(technicians[4], 0): ""}, from_day=day)

    assert answer.status_code == 422
    assert answer.context["form"]["from_day"].errors


def test_two_who_paint_the_same_person_do_not_overwrite_each_other(paint, technicians):
    seen = {f"seen-{technicians[4].uid}": "what-was-before"}

    answer = paint({(technicians[4], 0): ""}, **seen)

    assert "Somebody else changed this" in page_of(answer)
    assert shifts_of(technicians[4]) == [("Mon-Fri 08:00-18:00", None, None)]


def test_saving_the_rota_twice_is_saving_it_once(paint, technicians):
    paint({(technicians[4], 0): ""})
    paint({(technicians[4], 0): ""})

    assert AuditEntry.objects.filter(action="rota changed").count() == 1


def test_nobody_works_at_two_clinics_at_the_same_time(paint, other_site, technicians):
    technicians[4].shifts.create(site=other_site, hours="Sat 09:00-13:00")

    answer = paint({(technicians[4], 5): "12:00-15:00"})

    assert "Ewa Zak works at Moor Lane Clinic at these hours on Sat" in page_of(answer)


def test_a_technician_who_is_new_stands_in_the_rota(manager, clinic, paint):
    from clinic.models import Technician

    zoe = Technician.objects.create(name="Zoe Park")

    paint({(zoe, 0): "8-12"}, from_day="today")

    assert shifts_of(zoe) == [("Mon 08:00-12:00", "2026-11-20", None)]


def test_the_rota_reads_as_much_for_one_technician_as_for_twenty(manager, clinic, django_assert_max_num_queries):
    url = reverse("frontdesk:setup:rota", args=[clinic.uid])
    for number in range(20):
        make_technician(clinic, name=f"Technician {number}")

    with django_assert_max_num_queries(20):
        manager.get(url)


@pytest.fixture
def enter(manager, clinic):
    def send(**data):
        plain = {"from_day": "24/11", "until_day": "24/11", "from_time": "", "until_time": "", "cause": "leave"}
        return manager.post(reverse("frontdesk:setup:time-off", args=[clinic.uid]), plain | data)

    return send


def test_leave_that_hits_nobody_is_saved_and_listed(enter, manager, clinic, technicians):
    answer = enter(what=f"technician:{technicians[4].uid}")

    absence = Absence.objects.get()
    assert answer["Location"] == reverse("frontdesk:setup:time-off", args=[clinic.uid])
    assert "Tue 24 Nov" in page_of(manager.get(answer["Location"]))
    manager.post(reverse("frontdesk:setup:remove-absence", args=[clinic.uid, absence.pk]))
    assert not Absence.objects.exists()


def test_leave_that_hits_booked_sessions_opens_with_a_plan(enter, busy, technicians):
    answer = enter(what=f"technician:{technicians[0].uid}")

    row = Disruption.objects.get()
    assert answer["Location"] == reverse("frontdesk:disruption", args=[row.uid])
    assert row.replans.count() == 1


def test_a_closure_is_saved_once_however_often_it_is_sent(enter, clinic):
    enter(what="site")
    again = enter(what="site")

    assert "in the diary already" in page_of(again)
    assert Closure.objects.count() == 1


def test_a_closure_is_taken_back(enter, manager, chairs):
    enter(what=f"chair:{chairs[0].uid}")

    manager.post(reverse("frontdesk:setup:remove-closure", args=[Closure.objects.get().pk]))

    assert not Closure.objects.exists()
    assert Disruption.objects.get().state == "withdrawn"


@pytest.mark.parametrize(
    "data, words",
    [
        ({"what": ""}, "Choose what happened"),
        ({"what": "hours"}, "Choose what happened"),
        ({"what": "site", "until_day": "23/11"}, "ends before it begins"),
        ({"what": "site", "from_day": "someday"}, "Cannot read"),
        ({"what": "site", "cause": "x" * 10_000}, "120 is the most"),
    ],
)
def test_time_off_that_cannot_be_is_a_sentence(enter, data, words):
    answer = enter(**data)

    assert answer.status_code == 422
    assert words in page_of(answer)


def test_the_public_holidays_of_the_coming_year_are_listed(manager, clinic):
    page = page_of(manager.get(reverse("frontdesk:setup:time-off", args=[clinic.uid])))

    assert "Fri 25 Dec 2026" in page
    assert "Christmas Day" in page


def test_a_clinic_opens_on_a_public_holiday_in_spite_of_it(manager, clinic):
    boxing_day = date(2026, 12, 28)
    url = reverse("frontdesk:setup:holiday", args=[clinic.uid, boxing_day])

    manager.post(url, {"do": "open"})
    manager.post(url, {"do": "open"})

    clinic.refresh_from_db()
    assert clinic.open_holidays == ["2026-12-28"]
    assert boxing_day not in closed_dates(clinic, boxing_day, boxing_day)
    within = {"first": boxing_day, "last": boxing_day, "now": NOW}
    assert planning.load(site=clinic, **within)[0].sites[0].closures == ()
    assert "open anyway" in page_of(manager.get(reverse("frontdesk:setup:time-off", args=[clinic.uid])))
    manager.post(url, {"do": "keep"})
    assert boxing_day in closed_dates(Site.objects.get(pk=clinic.pk), boxing_day, boxing_day)


def test_a_holiday_that_was_opened_and_booked_is_not_closed_unseen(manager, clinic, busy):
    url = reverse("frontdesk:setup:holiday", args=[clinic.uid, date(2026, 12, 28)])
    manager.post(url, {"do": "open"})
    start, end = at("2026-12-28", "08:30"), at("2026-12-28", "09:00")
    Session.objects.filter(number=3).update(starts_at=start, ends_at=end, chair_until=end)

    answer = manager.post(url, {"do": "keep"})

    clinic.refresh_from_db()
    assert answer.status_code == 422
    assert "Mon 28 Dec 08:30, OKONJO, Margaret" in page_of(answer)
    assert clinic.open_holidays == ["2026-12-28"]


def test_a_day_that_is_no_holiday_keeps_the_hours_of_the_clinic(manager, clinic):
    answer = manager.post(reverse("frontdesk:setup:holiday", args=[clinic.uid, date(2026, 12, 24)]), {"do": "open"})

    clinic.refresh_from_db()
    assert answer.status_code == 422
    assert clinic.open_holidays == []
