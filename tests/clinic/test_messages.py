"""Every reason has a kind sentence: what is so, why, and what next."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from clinic.messages import sentence
from clinic.messages.sentences import SENTENCES
from scheduler import reasons

LONDON = ZoneInfo("Europe/London")
NAMES = {"7": "Chair 2", "9": "Ana Reyes", "site-1": "Harbour Street Clinic"}
EXAMPLES = {
    **dict.fromkeys(("chair", "usual_chair", "resource"), "7"),
    **dict.fromkeys(("technician", "prescriber"), "9"),
    "site": "site-1",
    "until": datetime(2026, 7, 3, 17, tzinfo=UTC).isoformat(),
    **dict.fromkeys(("time", "usual_time", "start", "end", "opens", "closes"), "08:30"),
    **dict.fromkeys(("weekday",), "Fri"),
    **dict.fromkeys(("phase", "cause", "name", "kinds", "expected", "need", "blocker", "hours"), "acute"),
}


def whole(code):
    """Give a reason everything that it may carry."""
    data = {}
    for name in reasons.CODES[code].split():
        is_date = name == "date" or name.endswith("_date") or name == "week_start"
        data[name] = EXAMPLES.get(name, "2026-07-03" if is_date else 3)
    return {"code": code} | data


def test_there_is_a_sentence_for_every_reason_and_none_for_what_is_none():
    assert set(SENTENCES) == set(reasons.CODES)


@pytest.mark.parametrize("code", reasons.CODES)
def test_every_reason_can_be_said_with_all_its_data(code):
    said = sentence(whole(code), NAMES, LONDON)

    assert said.endswith(".")
    assert said[0] == said[0].upper()
    assert "unknown" not in said
    assert not any(sign in said for sign in "{}")


@pytest.mark.parametrize("code", reasons.CODES)
def test_every_reason_can_be_said_without_its_data(code):
    said = sentence({"code": code}, {}, LONDON)

    assert said.endswith(".")
    assert said[0] == said[0].upper()


@pytest.mark.parametrize("code", list(reasons.CODES)[list(reasons.CODES).index("site-closed") :])
def test_every_refusal_says_what_to_do_next(code):
    assert sentence(whole(code), NAMES, LONDON).count(".") >= 2


def test_names_dates_and_local_times_are_written_out():
    reason = {"code": "chair-closed", "chair": "7", "until": "2026-07-03T17:00:00+00:00", "cause": "coil repair"}

    said = sentence(reason, NAMES, LONDON)

    assert said == "Chair 2 is closed until 18:00 on Fri 3 Jul 2026: coil repair. Choose another chair or time."


def test_values_that_are_not_data_yet_are_said_the_same():
    kept = {"code": "patient-away", "date": "2026-12-24"}

    assert sentence({"code": "patient-away", "date": date(2026, 12, 24)}, {}, LONDON) == sentence(kept, {}, LONDON)


@pytest.mark.parametrize("weekday", ["Fri", "Friday", 4])
def test_weekdays_are_spelt_out(weekday):
    said = sentence({"code": "wrong-weekday", "weekday": weekday, "phase": "taper"}, {}, LONDON)

    assert said == "The phase “taper” has no treatment on Friday. Choose another weekday."


def test_one_is_singular():
    said = sentence({"code": "starts-late", "days": 1, "earliest_date": "2026-12-24"}, {}, LONDON)

    assert said.startswith("The course starts 1 day after Thu 24 Dec 2026")


def test_one_date_is_not_a_span():
    reason = {"code": "days-passed-over", "first_date": "2026-12-25", "cause": "Christmas Day"}

    assert (
        sentence(reason | {"last_date": "2026-12-25"}, {}, LONDON) == "Fri 25 Dec 2026 is passed over: Christmas Day."
    )
    assert sentence(reason | {"last_date": "2026-12-27"}, {}, LONDON).startswith(
        "Fri 25 Dec 2026 to Sun 27 Dec 2026 is"
    )


def test_what_stood_in_the_way_is_named():
    reason = {"code": "other-time", "time": "09:45", "usual_time": "09:10", "minutes": 35, "blocker": "technician"}

    assert sentence(reason, {}, LONDON).endswith("because no technician is free then.")


def test_braces_in_a_cause_are_only_text():
    said = sentence(
        {"code": "site-closed", "site": "site-1", "until": EXAMPLES["until"], "cause": "{x}"}, NAMES, LONDON
    )

    assert "{x}" in said
