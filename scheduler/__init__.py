"""The planner of treatment courses: pure values in, plans with reasons out."""

from . import catalog, demo, reasons
from .checker import Violation, check, score
from .course import Authorisation, Availability, CourseRequest, FixedSession, Preference, Weights
from .hours import WeeklyHours, days_between, instant, local_days, months_later, week_start
from .intervals import Interval
from .openings import Openings
from .plan import FREES_ITS_PLACE, Change, Diary, Plan, Score, Session, Unplaced, epoch_minute
from .planner import earliest_start, plan_course, slowest_weeks
from .protocols import Assessment, Blocks, FollowUp, Phase, Protocol, Redetermination, Visit, VisitKind
from .reasons import Reason
from .resources import Chair, Clinic, Closure, Prescriber, Shift, Site, Technician

__all__ = [
    "FREES_ITS_PLACE",
    "Assessment",
    "Authorisation",
    "Availability",
    "Blocks",
    "Chair",
    "Change",
    "Clinic",
    "Closure",
    "CourseRequest",
    "Diary",
    "FixedSession",
    "FollowUp",
    "Interval",
    "Openings",
    "Phase",
    "Plan",
    "Preference",
    "Prescriber",
    "Protocol",
    "Reason",
    "Redetermination",
    "Score",
    "Session",
    "Shift",
    "Site",
    "Technician",
    "Unplaced",
    "Violation",
    "Visit",
    "VisitKind",
    "WeeklyHours",
    "Weights",
    "catalog",
    "check",
    "days_between",
    "demo",
    "earliest_start",
    "epoch_minute",
    "instant",
    "local_days",
    "months_later",
    "plan_course",
    "reasons",
    "score",
    "slowest_weeks",
    "week_start",
]
