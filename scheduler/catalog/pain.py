"""Schedule shapes of courses for pain, central and peripheral."""

from scheduler.protocols import Blocks, Phase, Protocol

from .parts import (
    AFTER_1_MONTH,
    AFTER_3_MONTHS,
    USUAL_FOLLOW_UPS,
    mapping,
    ratings,
    spaced,
    treatment,
    weekday_phase,
    weekly,
)

NEUROPATHIC_PAIN = Protocol(
    slug="neuropathic-pain-daily",
    name="TMS for neuropathic pain, 4 to 6 weeks",
    phases=(
        weekday_phase("first four weeks", treatment(30), 20),
        weekday_phase("fifth and sixth week", treatment(30), 10, condition="if the course is extended"),
    ),
    first_visit=mapping(),
    assessments=ratings("BPI", 1, 10, 20),
    follow_ups=USUAL_FOLLOW_UPS,
    summary="Five sessions a week for four weeks, extended to six where it helps; 20 to 40 minutes each.",
    source="Five a week for about 4-6 weeks, 20-40 minutes, follow-ups to maintain relief: a patient guide to TMS for "
    "neuropathic pain",
)

CHRONIC_PAIN = Protocol(
    slug="chronic-pain",
    name="TMS for chronic pain, 3 to 5 a week",
    phases=(
        Phase(name="course", visit=treatment(40), sessions=20, per_week_min=3, per_week_target=4, max_days_between=14),
    ),
    first_visit=mapping(),
    assessments=ratings("BPI", 1, 10, 20),
    follow_ups=USUAL_FOLLOW_UPS,
    summary="20 sessions of 40 minutes from start to finish, three to five a week for four to six weeks.",
    source="Three to five a week for 4-6 weeks, about 40 minutes from start to finish: a pain clinic's patient guide",
)

PAIN_TEN_DAILY = Protocol(
    slug="pain-10-daily",
    name="Motor cortex rTMS for neuropathic pain, 10 daily",
    phases=(weekday_phase("daily", treatment(30), 10, at_least=4),),
    first_visit=mapping(),
    assessments=ratings("VAS", 1, 5, 10),
    follow_ups=(AFTER_1_MONTH,),
    summary="Ten sessions on the working days of two weeks.",
    source="Ten daily sessions: Hosomi 2013, PubMed 23623156",
)

PAIN_RESPONDERS = Protocol(
    slug="pain-5-daily-responders",
    name="Motor cortex rTMS for pain, 5 daily, then weekly for responders",
    phases=(
        weekday_phase("daily", treatment(30), 5, at_least=4),
        weekly("weekly", treatment(30), 4, condition="if pain eased in the daily week"),
    ),
    first_visit=mapping(),
    assessments=ratings("VAS", 1, 5, 9),
    follow_ups=(AFTER_1_MONTH,),
    summary="Five daily sessions; those who respond go on once a week for four weeks.",
    source="Five daily, then weekly for four weeks in responders: Hosomi 2020, medscape.com/viewarticle/924425",
)

FIBROMYALGIA = Protocol(
    slug="fibromyalgia-20",
    name="Fibromyalgia, 10 daily, 6 weekly, 4 fortnightly",
    phases=(
        weekday_phase("daily", treatment(30), 10, at_least=4),
        weekly("weekly", treatment(30), 6),
        spaced("fortnightly", treatment(30), 4, 11, 17),
    ),
    first_visit=mapping(),
    assessments=ratings("BPI", 1, 16, 20),
    follow_ups=(AFTER_3_MONTHS,),
    summary="Ten sessions in two weeks, then weekly for six weeks and fortnightly for eight.",
    source="10 in two weeks, weekly for six, fortnightly for eight: three-country trial in fibromyalgia, outcomes at "
    "weeks 8 and 16 (abstract)",
)

FIBROMYALGIA_BLOCKS = Protocol(
    slug="fibromyalgia-blocks",
    name="Fibromyalgia, blocks of 3 to 5 days",
    phases=(
        Phase(
            name="blocks",
            visit=treatment(30),
            sessions=10,
            per_week_min=3,
            max_days_between=3,
            blocks=Blocks(min_days=3, max_days=5, max_break_days=2),
        ),
    ),
    first_visit=mapping(),
    follow_ups=(AFTER_1_MONTH,),
    summary="At least ten sessions in blocks of three to five consecutive days, at most two days off between blocks.",
    source="Blocks of 3-5 consecutive days, breaks of at most 2 days, 20 minutes: Neurology 90/15 supplement P2.106",
)

PMS_DAILY = Protocol(
    slug="pms-10-daily",
    name="Peripheral magnetic stimulation, 10 daily",
    phases=(weekday_phase("daily", treatment(20, "pms"), 10, at_least=3),),
    assessments=ratings("VAS", 1, 5, 10),
    follow_ups=(AFTER_1_MONTH,),
    summary="Ten short sessions on a peripheral coil in two weeks. No mapping.",
    source="Ten over two weeks, 10 minutes of stimulation, back pain: NCT07243548",
)

PMS_WEEKLY = Protocol(
    slug="pms-3-weekly",
    name="Peripheral magnetic stimulation, 3 weekly",
    phases=(weekly("weekly", treatment(20, "pms"), 3),),
    assessments=ratings("VAS", 1, 3),
    follow_ups=(AFTER_1_MONTH, AFTER_3_MONTHS),
    summary="Three short sessions on a peripheral coil, one a week. No mapping.",
    source="Once a week for three weeks, back pain, rated at each session: AAPM&R 2023 poster, jmatonline.com 406",
)
