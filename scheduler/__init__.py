"""The planner of treatment courses: pure values in, plans with reasons out.

If a plan breaks a rule that `check()` knows, that is a bug. If nobody can see why a session stands where it does, or
why it could not be placed, that is a bug too.

A clinic, and a course of 36 sessions over Easter:

>>> from datetime import date, time
>>> clinic = Clinic.simple(
...     timezone="Europe/London",
...     hours="Mon-Fri 08:00-18:00",
...     chairs=["Chair A", "Chair B"],
...     technicians=["Ana", "Ben"],
...     prescribers=["Dr Cole"],
... ).with_closure("site", date(2026, 4, 3), date(2026, 4, 6), "Easter")
>>> ada = CourseRequest(
...     patient="Ada",
...     protocol=catalog.STANDARD_RTMS,
...     earliest_date=date(2026, 3, 2),
...     preference=Preference(time=time(9)),
... )
>>> plan, *others = plan_course(ada, clinic)
>>> plan.summary()
'36 of 36 sessions placed, 2026-03-02 to 2026-05-04'
>>> check(plan.sessions, clinic, [ada])
()

The hour on the wall stays when the clocks change, and a break explains itself:

>>> [f"{session.when.start:%H:%M} UTC" for session in plan.sessions if session.number in (1, 36)]
['09:00 UTC', '08:00 UTC']
>>> [reason.code for reason in plan.why(25)]
['usual-time', 'days-passed-over']

The next patient, who can come at nine only, finds Dr Cole with Ada on the first day and begins on the second:

>>> bea = CourseRequest(
...     patient="Bea",
...     protocol=catalog.STANDARD_RTMS,
...     earliest_date=date(2026, 3, 2),
...     availability=Availability.parse("Mon-Fri 09:00-10:00"),
... )
>>> plan_course(bea, clinic, plan.sessions)[0].summary()
'36 of 36 sessions placed, 2026-03-03 to 2026-05-04'

Where no plan exists, the answer proves it and names the smallest change that helps:

>>> cy = CourseRequest(
...     patient="Cy",
...     protocol=catalog.STANDARD_RTMS,
...     earliest_date=date(2026, 3, 2),
...     authorisation=Authorisation(first_date=date(2026, 3, 2), last_date=date(2026, 4, 20)),
... )
>>> (refused,) = plan_course(cy, clinic)
>>> [(reason.code, str(reason["needed_date"])) for reason in refused.why(1) if reason.code != "no-place"]
[('authorisation-too-short', '2026-05-04')]
"""

from . import catalog, demo, reasons
from .admission import Admission, Referral, admit
from .capacity import Load, Quote, load_by_hour, quotes
from .checker import Violation, check, score
from .course import Authorisation, Availability, CourseRequest, FixedSession, Pace, Preference, Weights
from .disruption import STRATEGIES, Replan, Touched, replan
from .followups import DueFollowUp, due_follow_ups, follow_up_openings
from .forecast import Forecast, Stream, forecast, forecast_by_week, with_chair, with_hours, with_part_time
from .hours import WeeklyHours, days_between, instant, local_days, months_later, week_start
from .intervals import Interval
from .openings import Openings
from .plan import FREES_ITS_PLACE, Change, Diary, Plan, Score, Session, Unplaced, epoch_minute
from .planner import earliest_start, plan_course
from .protocols import Assessment, Blocks, FollowUp, Phase, Protocol, Redetermination, Visit, VisitKind
from .reasons import Reason
from .reminders import Agenda, Followed, Reminder, ReminderRules, due_reminders, spoken_at
from .replanner import Effect, Repair, repair_course
from .replanning import Running
from .resources import Chair, Clinic, Closure, Prescriber, Shift, Site, Technician
from .solver.ground import slowest_weeks
from .solver.rest import ChangePrices
from .watch import Level, Risk, Watch, watch_course

__all__ = [
    "FREES_ITS_PLACE",
    "STRATEGIES",
    "Admission",
    "Agenda",
    "Assessment",
    "Authorisation",
    "Availability",
    "Blocks",
    "Chair",
    "Change",
    "ChangePrices",
    "Clinic",
    "Closure",
    "CourseRequest",
    "Diary",
    "DueFollowUp",
    "Effect",
    "FixedSession",
    "FollowUp",
    "Followed",
    "Forecast",
    "Interval",
    "Level",
    "Load",
    "Openings",
    "Pace",
    "Phase",
    "Plan",
    "Preference",
    "Prescriber",
    "Protocol",
    "Quote",
    "Reason",
    "Redetermination",
    "Referral",
    "Reminder",
    "ReminderRules",
    "Repair",
    "Replan",
    "Risk",
    "Running",
    "Score",
    "Session",
    "Shift",
    "Site",
    "Stream",
    "Technician",
    "Touched",
    "Unplaced",
    "Violation",
    "Visit",
    "VisitKind",
    "Watch",
    "WeeklyHours",
    "Weights",
    "admit",
    "catalog",
    "check",
    "days_between",
    "demo",
    "due_follow_ups",
    "due_reminders",
    "earliest_start",
    "epoch_minute",
    "follow_up_openings",
    "forecast",
    "forecast_by_week",
    "instant",
    "load_by_hour",
    "local_days",
    "months_later",
    "plan_course",
    "quotes",
    "reasons",
    "repair_course",
    "replan",
    "score",
    "slowest_weeks",
    "spoken_at",
    "watch_course",
    "week_start",
    "with_chair",
    "with_hours",
    "with_part_time",
]
