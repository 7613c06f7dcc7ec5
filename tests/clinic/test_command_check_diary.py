"""`check_diary` finds whatever is wrong in what is booked."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from clinic.models import Closure, Course, Occupancy, Session
from clinic.services import attendance, booking, diary_check, disruption, repair
from clinic.services.audit import Actor

from .builders import NOW, at, make_course, make_session


@pytest.fixture
def findings(clinic, now):
    def find() -> list[str]:
        return [str(one) for one in (*diary_check.broken_rules(clinic, now=now), *diary_check.wrong_cells(now=now))]

    return find


@pytest.fixture
def booked(clinic, chairs, technicians, protocol, margaret):
    """One session of an imported course, whose place is right."""
    course = make_course(margaret, protocol, plan_kind=diary_check.IMPORTED)
    return make_session(course, chairs[0], technicians[0], at("2026-11-24", "09:00"))


def test_a_right_diary_has_no_findings(findings, booked):
    assert findings() == []


def test_two_sessions_on_one_chair_are_found_although_no_cell_says_so(findings, booked, pia, chairs, technicians):
    other = make_course(pia, booked.course.protocol, plan_kind=diary_check.IMPORTED)
    make_session(other, chairs[0], technicians[1], at("2026-11-24", "10:00"))
    moved = Session.objects.get(course=other)
    moved.starts_at, moved.ends_at = booked.starts_at, booked.ends_at
    moved.chair_until = booked.chair_until
    moved.save()

    found = findings()

    assert any("Chair 1" in one for one in found)
    assert any("cells are guarded that it does not take" in one for one in found)
    assert any("it takes cells that are not guarded" in one for one in found)
    assert all(pia.family_name not in one and margaret_free(one) for one in found)


def margaret_free(text: str) -> bool:
    return "Okonjo" not in text


def test_a_session_in_a_closure_is_found(findings, booked, clinic):
    Closure.objects.create(
        site=clinic, starts_at=at("2026-11-24", "00:00"), ends_at=at("2026-11-25", "00:00"), cause="burst pipe"
    )

    (found,) = findings()

    assert "burst pipe" in found
    assert "patient 10042, session 1, Tue 24 Nov 2026 09:00" in found


def test_a_course_that_is_not_complete_is_found_and_a_cancelled_one_is_not(findings, booked):
    course = booked.course
    course.plan_kind = "steadiest"
    course.save()
    assert any("session 1" in one for one in findings())

    course.status = "revoked"
    course.save()
    assert findings() == []


def test_a_missing_cell_is_found(findings, booked):
    Occupancy.objects.filter(resource_id=booked.chair_id).first().delete()

    assert [one.rpartition(": ")[2] for one in findings()] == ["it takes cells that are not guarded."]


def test_cells_of_a_cancelled_session_are_found(findings, booked):
    Session.objects.update(status="cancelled")

    assert [one.rpartition(": ")[2] for one in findings()] == ["cells are guarded that it does not take."]


def test_the_command_ends_well_or_with_one(booked, clinic):
    out = StringIO()
    call_command("check_diary", stdout=out)
    assert f"Sessions at {clinic.name}: 1. Every rule is kept." in out.getvalue()

    Session.objects.update(site=clinic, chair=None)
    clinic.hours = "Mon 08:00-09:00"
    clinic.save()
    with pytest.raises(CommandError, match="wrong in the diary") as refused:
        call_command("check_diary", "--site", clinic.name, stdout=out)
    assert refused.value.returncode == 1
    with pytest.raises(CommandError, match="no site"):
        call_command("check_diary", "--site", "Nowhere")


@pytest.fixture
def course(clinic, margaret, protocol):
    """Ten sessions at half past eight from Monday 23 November on."""
    request = {"earliest_date": "2026-11-23", "time": "08:30"}
    offer = booking.propose(
        patient=margaret, protocol=protocol, site=clinic, request=request, by=Actor.of_command("test"), now=NOW
    )
    return booking.book(proposal=offer, plan_kind="steadiest", by=Actor.of_command("test"), now=NOW)


def call_off(course: Course, number: int) -> Session:
    session = course.sessions.get(number=number, status="booked")
    return attendance.set_status(session=session, status="cancelled", by=Actor.of_command("test"), now=NOW)


def test_a_session_that_is_missed_again_after_its_make_up_is_missing_once(course, clinic):
    missed = call_off(course, 5)
    way = repair.make_up_ways(session=missed, now=NOW)[0]
    repair.make_up(session=missed, key=way.key, by=Actor.of_command("test"), now=NOW)

    call_off(course, 5)

    assert diary_check.broken_rules(clinic, now=NOW) == ()


def test_a_closure_is_no_fault_of_a_session_that_was_called_off_before(course, clinic):
    call_off(course, 2)
    data = {"kind": "site", "from": "2026-11-24T00:00:00+00:00", "until": "2026-11-26T00:00:00+00:00"}
    happening = disruption.read_happening(data, site=clinic, now=NOW)

    disruption.report(happening=happening, by=Actor.of_command("test"), now=NOW)

    found = diary_check.broken_rules(clinic, now=NOW)
    assert {finding.where for finding in found} == {diary_check._where(course.sessions.get(number=3))}


def test_a_fault_of_a_make_up_is_not_laid_at_the_missed_session_of_the_same_number(
    booked, clinic, chairs, technicians, findings
):
    make_session(booked.course, chairs[0], technicians[0], at("2026-11-26", "09:00"), status="noshow")
    Closure.objects.create(site=clinic, starts_at=at("2026-11-24", "00:00"), ends_at=at("2026-11-24", "12:00"))

    assert [one.partition(": ")[0] for one in findings()] == [diary_check._where(booked)]
