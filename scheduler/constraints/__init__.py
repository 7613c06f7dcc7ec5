"""The rule book: everything that a booked diary must obey, and everything that makes one plan better than another.

`PLACE` rules judge the place of one session, whatever course it is of; `COURSE` rules judge a course as a whole.
`SOFT` functions count points, each under the name that `Weights` has for it.
"""

from .booked import Booked, on_the_wall
from .course import (
    Broken,
    authorisation_is_kept,
    dates_are_kept,
    fixed_sessions_stand,
    follow_ups_are_in_their_window,
    patient_can_come,
    prescriber_when,
    sessions_are_complete,
    visits_are_right,
    visits_have_what_they_need,
)
from .follow_ups import due_date
from .place import (
    chair_is_free,
    chair_is_open,
    opening_hours_are_kept,
    patient_is_in_one_place,
    prescriber_is_free,
    prescriber_is_there,
    resources_are_known,
    site_is_open,
    technician_is_free,
    technician_is_on_shift,
)
from .rhythm import (
    blocks_hold_together,
    days_are_full,
    days_stay_on_one_chair,
    gaps_are_kept,
    phases_follow_each_other,
    starts_keep_their_distance,
    tapers_count_down,
    weekdays_are_allowed,
    weeks_are_not_overfull,
    weeks_are_not_too_thin,
)
from .soft import changes_chair, ends_late, falls_short, misses_the_wish, starts_late, strays_from_the_usual_time
from .view import CourseView

PLACE = (
    site_is_open,
    opening_hours_are_kept,
    chair_is_open,
    chair_is_free,
    technician_is_on_shift,
    technician_is_free,
    prescriber_is_there,
    prescriber_is_free,
    patient_is_in_one_place,
)

COURSE = (
    sessions_are_complete,
    visits_are_right,
    visits_have_what_they_need,
    dates_are_kept,
    authorisation_is_kept,
    patient_can_come,
    fixed_sessions_stand,
    phases_follow_each_other,
    weekdays_are_allowed,
    days_are_full,
    days_stay_on_one_chair,
    starts_keep_their_distance,
    gaps_are_kept,
    weeks_are_not_overfull,
    weeks_are_not_too_thin,
    tapers_count_down,
    blocks_hold_together,
    follow_ups_are_in_their_window,
)

HARD = (resources_are_known, *PLACE, *COURSE)

SOFT = {
    "wait": starts_late,
    "end": ends_late,
    "time": strays_from_the_usual_time,
    "chair": changes_chair,
    "short": falls_short,
    "wish": misses_the_wish,
}

__all__ = [
    "COURSE",
    "HARD",
    "PLACE",
    "SOFT",
    "Booked",
    "Broken",
    "CourseView",
    "due_date",
    "on_the_wall",
    "prescriber_when",
    "resources_are_known",
]
