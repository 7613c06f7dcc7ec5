"""Schedule shapes of courses for depression."""

from scheduler.protocols import Blocks, Phase, Protocol

from .parts import (
    AFTER_4_WEEKS,
    AFTER_6_MONTHS,
    LONGEST_BREAK,
    USUAL_FOLLOW_UPS,
    mapping,
    ratings,
    treatment,
    weekday_phase,
)

STANDARD_RTMS = Protocol(
    slug="standard-rtms-36",
    name="Standard rTMS, 36 sessions with taper",
    phases=(
        weekday_phase("acute", treatment(30), 30),
        Phase(name="taper", visit=treatment(30), taper=(3, 2, 1), per_week_min=1, max_days_between=LONGEST_BREAK),
    ),
    first_visit=mapping(),
    assessments=ratings("PHQ-9", 1, 10, 20, 30, 36),
    follow_ups=USUAL_FOLLOW_UPS,
    summary="30 sessions, up to five a week, then three, two and one in three weeks. The first is the mapping.",
    source="30 in six weeks, then 3-2-1: unionsquarepractice.com/characteristics-tms-session; ratings after 10, 20, "
    "30 and 36 sessions: registry of 7,215 patients, PubMed 37827360; mapping visit: caltms.com/what-to-expect",
)

THIRTY_DAILY = Protocol(
    slug="daily-rtms-30",
    name="Daily rTMS, 30 sessions",
    phases=(weekday_phase("acute", treatment(60), 30),),
    first_visit=mapping(minutes=90),
    assessments=ratings("PHQ-9", 1, 10, 20, 30),
    follow_ups=USUAL_FOLLOW_UPS,
    summary="30 sessions from Monday to Friday in six weeks, an hour each.",
    source="Mon-Fri for six weeks, appointments of about an hour: somersetft.nhs.uk/rtms",
)

TWENTY = Protocol(
    slug="rtms-20",
    name="rTMS, 20 sessions",
    phases=(weekday_phase("acute", treatment(30), 20),),
    first_visit=mapping(),
    assessments=ratings("PHQ-9", 1, 10, 20),
    follow_ups=USUAL_FOLLOW_UPS,
    summary="20 sessions, three to five a week, in four to six weeks; reviewed up to six months later.",
    source="20 sessions: BRIGhTMIND protocol, BMJ Open 10/7/e038430, and the course that rTMS London describes",
)

INTERMITTENT = Protocol(
    slug="itbs-30",
    name="Theta burst (iTBS), 30 short sessions",
    phases=(weekday_phase("acute", treatment(15), 30),),
    first_visit=mapping(),
    assessments=ratings("PHQ-9", 1, 10, 20, 30),
    follow_ups=USUAL_FOLLOW_UPS,
    summary="30 sessions, up to five a week, in slots of a quarter of an hour.",
    source="20-30 sessions, five a week for 4-6 weeks, about 3 minutes of stimulation: THREE-D as told by magstim.com "
    "and ninet.med.ubc.ca/can-rtms-treatments-be-shorter",
)

DEEP_DEPRESSION = Protocol(
    slug="deep-tms-20",
    name="Deep TMS, 20 sessions and optional maintenance",
    phases=(
        weekday_phase("acute", treatment(30, "deep"), 20),
        Phase(
            name="maintenance",
            visit=treatment(30, "deep"),
            sessions=24,
            per_week_max=2,
            min_days_between=2,
            max_days_between=LONGEST_BREAK,
            condition="if maintenance is agreed",
        ),
    ),
    first_visit=mapping("deep"),
    assessments=ratings("HAM-D", 1, 10, 20),
    follow_ups=USUAL_FOLLOW_UPS,
    summary="20 daily sessions in four weeks, then, if agreed, two a week for twelve weeks.",
    source="Five a week for four weeks, then two a week for twelve: BrainsWay multi-site trial; 20-30 minutes: "
    "brainsway.com.au patient manual",
)

TWICE_DAILY = Protocol(
    slug="twice-daily-30",
    name="rTMS twice a day, 30 sessions",
    phases=(
        Phase(
            name="acute",
            visit=treatment(30),
            sessions=30,
            per_week_min=3,
            sessions_per_day=2,
            minutes_between_starts=80,  # 50 minutes of rest after a visit of 30: healthtolongevity.com/article/6142
            max_days_between=7,
        ),
    ),
    first_visit=mapping(),
    assessments=ratings("HAM-D", 1, 10, 20, 30),
    follow_ups=USUAL_FOLLOW_UPS,
    summary="Two sessions a day with at least 50 minutes of rest between them, five days a week for three weeks.",
    source="30 sessions in three weeks, HAM-D every 10 sessions: Modirrousta 2018, doi 10.2147/NDT.S151841",
)

ACCELERATED = Protocol(
    slug="accelerated-50",
    name="Accelerated, 10 sessions a day for 5 days",
    phases=(
        Phase(
            name="acute",
            visit=treatment(20),
            sessions=50,
            sessions_per_day=10,
            minutes_between_starts=60,
            per_week_min=5,
            max_days_between=1,
            blocks=Blocks(min_days=5, max_days=5, max_break_days=1),
        ),
    ),
    first_visit=mapping(),
    follow_ups=(AFTER_4_WEEKS, AFTER_6_MONTHS),
    summary="Ten sessions a day, one every hour, on five consecutive days; reviewed after four weeks.",
    source="Every hour, ten times a day, for five days: floridatmsclinic.com/saint-depression-treatment; outcome at "
    "four weeks: doi 10.1176/appi.ajp.2021.20101429",
)
