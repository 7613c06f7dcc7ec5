"""What if the clinic were changed: some weeks are answered at once, and a worker goes on with the others."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from clinic.management.commands import work
from clinic.models import Proposal, Protocol, Session, Technician, WhatIf
from clinic.selectors.what_if import Comparison, Question, expected_people
from clinic.services import what_if
from scheduler import Phase, Visit

from .builders import NOW, make_course, make_patient, make_protocol, make_recipe
from .pages import page_of

pytestmark = pytest.mark.usefixtures("clock")
PAGE = "/what-if/"


@pytest.fixture
def change():
    """What the desk sends to see what one chair more would bring."""
    parts = ("saturdays", "technician", "hours", "instead_of", "give")
    return {"people": "1", "ahead": "13", "chairs": "1", **dict.fromkeys(parts, "")}


@pytest.fixture
def no_time(monkeypatch):
    """Time for the first week only, before the page has to be there."""
    monkeypatch.setattr(what_if, "SECONDS", 0)
    monkeypatch.setattr(what_if, "TELL_EVERY", 0)


def crowded():
    """Make a protocol of which one small clinic has room for few at a time."""
    visit = Visit(minutes=120, turnaround_minutes=0)
    phase = Phase(name="acute", visit=visit, sessions=10, per_week_max=5)
    return make_protocol(make_recipe(slug="long-daily", first_visit=None, follow_ups=(), phases=(phase,)))


def asked(site, protocol, by, weeks=4, a_week=4.0, **changes):
    question = Question(a_week=a_week, mix=((protocol.slug, 1),), **changes)
    return what_if.ask(site=site, question=question, weeks=weeks, by=by, now=NOW)


def sides(row):
    row.refresh_from_db()
    found = Comparison.read(row)
    return found.before, found.after


def test_who_comes_is_judged_by_the_courses_of_half_a_year(clinic, protocol):
    for _ in range(52):
        make_course(make_patient(clinic), protocol)
    make_course(make_patient(clinic), protocol, status="revoked")

    expected = expected_people(clinic, NOW)

    assert (expected.a_week, expected.mix) == (2.0, ((protocol, 52),))


@pytest.mark.usefixtures("patience")
def test_a_chair_more_lets_people_begin_sooner(clinic, chairs, by):
    for chair in chairs[1:]:
        chair.is_active = False
        chair.save()

    row = asked(clinic, crowded(), by, chairs=1)

    before, after = sides(row)
    assert (row.weeks_done, row.is_running) == (4, False)
    assert sum(after.waits) < sum(before.waits)
    assert [len(side.waits) + side.turned_away for side in (before, after)] == [16, 16]


@pytest.mark.usefixtures("patience")
def test_saturdays_and_shorter_work_and_another_protocol_change_the_load(clinic, technicians, protocol, by):
    long = crowded()
    changes = {
        "more_hours": "Sat 08:00-18:00",
        "part_time": (technicians[0].pk, "Mon 08:00-10:00"),
        "switch": ("long-daily", protocol.slug),
    }

    found = {name: sides(asked(clinic, long, by, **{name: value})) for name, value in changes.items()}

    load = {name: sum(share for _, share in after.loads) for name, (_, after) in found.items()}
    before = sum(share for _, share in found["switch"][0].loads)
    assert load["more_hours"] < before
    assert load["part_time"] >= before
    assert load["switch"] < before


@pytest.mark.usefixtures("no_time")
def test_the_first_week_is_answered_at_once_and_a_worker_goes_on_until_the_last(clinic, protocol, by):
    row = asked(clinic, protocol, by)
    assert (row.weeks_done, row.is_running) == (1, True)

    call_command("work", once=True)

    before, after = sides(row)
    assert (row.weeks_done, row.is_running, row.lease_until) == (4, False, None)
    assert [len(side.loads) for side in (before, after)] == [4, 4]
    assert len(before.waits) == 16
    assert not what_if.go_on_due(now=NOW)


@pytest.mark.usefixtures("no_time")
def test_messages_need_not_wait_until_half_a_year_is_planned(clinic, protocol, by, monkeypatch):
    asked(clinic, protocol, by, a_week=1.0)
    order = []
    monkeypatch.setattr(work, "urgent_once", lambda now: order.append("urgent"))
    tell = what_if._tell
    monkeypatch.setattr(what_if, "_tell", lambda row, found, now: order.append(found.weeks) or tell(row, found, now))

    work.work_once(NOW)

    assert order == ["urgent", 1, "urgent", 2, "urgent", 3, "urgent", 4, "urgent"]


@pytest.mark.usefixtures("no_time")
def test_a_worker_that_is_stopped_leaves_the_weeks_that_are_known(clinic, protocol, by, monkeypatch):
    row = asked(clinic, protocol, by)
    tell = what_if._tell

    def stopped_after_two(row, found, now):
        goes_on = tell(row, found, now)
        if found.weeks == 2:
            what_if.stop(what_if=row)
        return goes_on

    monkeypatch.setattr(what_if, "_tell", stopped_after_two)
    assert what_if.go_on_due(now=NOW)

    row.refresh_from_db()
    assert (row.weeks_done, row.is_running, row.lease_until) == (2, False, None)
    assert not what_if.go_on_due(now=NOW)


@pytest.mark.usefixtures("no_time")
def test_what_a_dead_worker_left_is_gone_on_with_when_its_lease_is_over(clinic, protocol, by):
    row = asked(clinic, protocol, by)
    WhatIf.objects.update(lease_until=NOW + timedelta(minutes=1))

    assert not what_if.go_on_due(now=NOW)
    assert what_if.go_on_due(now=NOW + timedelta(minutes=1))

    row.refresh_from_db()
    assert row.weeks_done == 4


@pytest.mark.usefixtures("no_time")
def test_a_technician_who_leaves_and_a_protocol_that_is_withdrawn_meanwhile_stop_no_worker(
    clinic, technicians, protocol, by
):
    row = asked(clinic, protocol, by, part_time=(technicians[0].pk, "Mon 08:00-10:00"))
    Technician.objects.filter(pk=technicians[0].pk).update(is_active=False)
    Protocol.objects.update(is_current=False)

    assert what_if.go_on_due(now=NOW)

    row.refresh_from_db()
    assert row.weeks_done == 4


@pytest.mark.usefixtures("no_time")
def test_a_new_question_of_the_same_person_ends_the_one_before_and_old_answers_go(clinic, protocol, by):
    first = asked(clinic, protocol, by)
    second = asked(clinic, protocol, by)

    first.refresh_from_db()
    assert (first.is_running, second.is_running) == (False, True)
    what_if.ask(
        site=clinic,
        question=Question.read(second.question),
        weeks=1,
        by=by,
        now=NOW + what_if.KEPT + timedelta(minutes=1),
    )
    assert WhatIf.objects.count() == 1


# -- on the desk ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_time")
def test_the_desk_sees_the_answer_grow_and_can_stop_it(desk, clinic, busy, change, technicians):
    answer = desk.post(PAGE, change | {"technician": str(technicians[0].uid), "hours": "Mon 08:00-10:00"}, follow=True)

    page, row = page_of(answer), WhatIf.objects.get()
    assert answer.redirect_chain == [(reverse("frontdesk:what-if", args=[row.uid]), 302)]
    assert "There is one chair more." in page
    assert f"{technicians[0].name} works only Mon 08:00-10:00." in page
    assert "1 of 13 weeks are looked at so far." in page
    assert 'value="Mon 08:00-10:00"' in page  # to ask again with a change
    what_if.go_on_due(now=NOW)
    again = page_of(desk.get(f"{PAGE}{row.uid}/", headers={"HX-Request": "true"}))
    assert "All weeks are looked at." in again
    assert "<html" not in again
    assert Session.objects.count() == 3
    assert not Proposal.objects.exists()


@pytest.mark.usefixtures("no_time")
def test_the_desk_stops_a_question(desk, clinic, busy, change):
    desk.post(PAGE, change)
    row = WhatIf.objects.get()

    page = page_of(desk.post(f"{PAGE}{row.uid}/stop/", follow=True))

    assert "It was stopped after 1 of 13 weeks." in page
    assert not what_if.go_on_due(now=NOW)


@pytest.mark.parametrize(
    "wrong, sentence",
    [
        ({"people": "0"}, "Please give 0.5 or more."),
        ({"people": "nan"}, "Please give a number, such as 3."),
        ({"ahead": "52"}, "Choose one of the list."),
        ({"chairs": "99"}, "Please give 5 or less."),
        ({"hours": "Mon-Wed 08:00-13:00"}, "Choose the technician"),
        ({"give": "ten-daily"}, "Choose which protocol it would replace."),
        ({"technician": "x", "hours": "often"}, "Choose one of the list."),
        ({"hours": "often"}, "Write hours of the week"),
    ],
)
def test_a_change_that_is_half_said_is_asked_for(desk, clinic, busy, change, wrong, sentence):
    answer = desk.post(PAGE, change | wrong)

    assert answer.status_code == 422
    assert sentence in page_of(answer)
    assert not WhatIf.objects.exists()


def test_without_any_protocol_nobody_is_expected(desk, clinic, change):
    assert "There is no protocol yet" in page_of(desk.post(PAGE, change))


def test_another_clinic_s_question_does_not_exist(other_desk, site, protocol, chairs, by, change):
    row = asked(site, protocol, by, weeks=1, a_week=1)

    assert other_desk.post(f"{PAGE}?site={site.uid}", change).status_code == 404
    assert other_desk.get(f"{PAGE}{row.uid}/").status_code == 404
    assert other_desk.post(f"{PAGE}{row.uid}/stop/").status_code == 404
    assert Client().get(f"{PAGE}{row.uid}/")["Location"].startswith("/accounts/login/")
