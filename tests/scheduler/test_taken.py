"""While courses are replanned each of them sees what all others take, and nothing of its own."""

from datetime import date

from scheduler import Diary, Interval, Session
from scheduler.taken import Taken

from .builders import at

MONDAY = date(2026, 3, 2)
NOW = at(MONDAY, "12:00")


def session(patient, time, chair="C1"):
    """Return half an hour of a patient on Monday."""
    when = Interval.lasting(30, at(MONDAY, time))
    return Session(number=1, when=when, site="site", chair=chair, patient=patient, course=patient)


def spans(sessions, resource="C1"):
    """Return what sessions take of a chair."""
    return sorted(Diary.of(sessions).taken.get(resource, ()))


def test_a_course_is_not_in_its_own_way():
    booked, anna, ben = session("zoe", "17:00"), session("anna", "13:00"), session("ben", "14:00")

    taken = Taken(Diary.of([booked]), [[anna], [ben]], NOW)

    assert sorted(taken.beside(0).taken["C1"]) == spans([booked, ben])
    assert sorted(taken.beside(1).taken["C1"]) == spans([booked, anna])


def test_two_courses_that_stand_on_one_place_see_each_other_there():
    anna, ben = session("anna", "13:00"), session("ben", "13:00")

    taken = Taken(Diary(), [[anna], [ben]], NOW)

    assert list(taken.beside(0).taken["C1"]) == spans([ben])


def test_what_is_over_is_forgotten_and_what_has_begun_is_not():
    over, begun = session("anna", "11:00"), session("ben", "11:45")

    taken = Taken(Diary.of([session("zoe", "09:00")]), [[over], [begun], []], NOW)

    assert list(taken.beside(2).taken["C1"]) == spans([begun])


def test_a_course_that_moves_leaves_its_chair_and_can_be_put_back():
    anna, there = session("anna", "13:00"), session("anna", "15:00", chair="C2")
    taken = Taken(Diary(), [[anna], []], NOW)
    before = taken.copy()
    assert list(taken.beside(1).taken["C1"]) == spans([anna])

    taken.put(0, [there])

    assert taken.beside(1).taken.get("C1", ()) == ()
    assert list(taken.beside(1).taken["C2"]) == spans([there], "C2")
    taken.restore(before)
    assert list(taken.beside(1).taken["C1"]) == spans([anna])
    assert taken.beside(1).taken.get("C2", ()) == ()
