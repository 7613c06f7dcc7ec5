"""The public instance format: proven optima are reached, and bad files get a sentence."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scheduler.instances import answer

from . import invented, judge

INSTANCES = Path(__file__).parent / "instances"
OPTIMA = json.loads((INSTANCES / "optima.json").read_text())


def load(name):
    """Read one of the public instances."""
    return json.loads((INSTANCES / f"{name}.json").read_text())


def solve_file(path):
    """Solve a file from the command line."""
    command = [sys.executable, "-m", "scheduler", "solve", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("name", OPTIMA)
def test_a_public_instance_is_solved_to_its_proven_optimum(name):
    found = solve_file(INSTANCES / f"{name}.json")
    solution = json.loads(found.stdout)

    errors, costs = judge.check(load(name), solution["courses"])

    assert (found.returncode, errors) == (0, [])
    assert costs == {"P1": OPTIMA[name]["optimum"]}
    assert (solution["status"], solution["cost"], solution["bound"]) == ("optimal", *[OPTIMA[name]["optimum"]] * 2)


def test_the_same_instance_gives_the_same_answer_every_time():
    case = load("03-single-dst-holidays-utc")

    assert answer(case) == answer(case)


def test_an_authorisation_that_ends_a_day_too_early_is_refused_with_the_date_that_works():
    case = load("05-single-taper-tight-authorisation")
    case["courses"][0]["authorisation"]["to"] = "2026-05-17"

    found = answer(case)

    assert (found["status"], found["courses"]) == ("infeasible", {"P1": None})
    assert {"code": "authorisation-too-short", "last_date": "2026-05-17", "needed_date": "2026-05-18"} in found[
        "reasons"
    ]


def test_too_few_units_are_named():
    case = load("01-single-tiny")
    case["courses"][0]["authorisation"] = {"from": "2026-06-01", "to": "2026-07-31", "units": 9}

    found = answer(case)

    assert found["status"] == "infeasible"
    assert {"code": "too-few-units", "units": 9, "sessions": 10} in found["reasons"]


def test_a_course_with_nowhere_to_go_says_how_much_of_it_fits():
    case = load("01-single-tiny")
    case["courses"][0]["latest_date"] = "2026-06-12"

    found = answer(case)

    assert found["status"] == "infeasible"
    assert found["reasons"][0] == {"code": "no-place", "placed": 6, "sessions": 10, "last_date": "2026-06-12"}
    assert found["reasons"][1]["code"] == "latest-date-too-early"


def test_several_new_courses_are_placed_by_priority_until_no_more_fit():
    case = load("01-single-tiny")
    one = case["courses"][0]
    case["courses"] = [{**one, "id": f"P{n}", "priority": n} for n in range(1, 16)]
    case["kind"] = "intake"

    found = answer(case)

    errors, _ = judge.check(case, found["courses"])
    placed = [name for name, sessions in found["courses"].items() if sessions]
    assert (errors, found["status"], found["admitted"]) == ([], "feasible", len(placed))
    assert "P15" in placed
    assert len(placed) < 15


def test_several_running_courses_are_all_repaired_after_a_chair_is_lost():
    case = next(case for case in map(invented.invent, range(1000)) if _has_room_to_repair(case))

    found = answer(case)

    errors, costs = judge.check(case, found["courses"])
    assert (errors, found["status"] in ("feasible", "optimal")) == ([], True)
    assert sum(costs.values()) == found["cost"] >= found["bound"]


def _has_room_to_repair(case):
    """Double a running course that can be repaired; both then share its chair."""
    course = case["courses"][0]
    if not course.get("repair") or answer(case)["status"] != "optimal":
        return False
    case["courses"].append({**course, "id": "P2", "repair": {**course["repair"], "old": []}})
    return answer(case, steps=9)["status"] == "feasible"


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "is not a JSON file"),
        ("[1, 2]", "not a tms-plan/1 file"),
        ("[" * 100_000, "is not a JSON file"),
        ("{}", "not a tms-plan/1 file"),
        ('{"format": "tms-plan/1"}', "is missing"),
    ],
)
def test_a_file_that_cannot_be_read_gets_a_sentence_and_no_traceback(tmp_path, text, words):
    path = tmp_path / "bad.json"
    path.write_text(text)

    found = solve_file(path)

    assert (found.returncode, found.stdout) == (2, "")
    assert words in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize(
    "place, value, words",
    [
        (("timezone",), "Mars/Olympus", "Unknown time zone"),
        (("chairs",), [], "needs a chair"),
        (("courses", 0, "pools"), ["nurses"], "S1/nurses"),
        (("booked", 0, "chair"), "S9", "S9"),
        (("courses", 0, "earliest_date"), "soon", "soon"),
        (("courses", 0, "phases", 0, "sessions"), "many", "courses[0].phases[0].sessions has to be a whole number"),
        (("courses", 0, "phases", 0, "sessions"), -3, "0 or more; it is -3"),
        (("courses", 0, "phases"), [], "has no sessions"),
        (("courses", 0, "minutes"), 0, "courses[0].minutes has to be a number of minutes between 1 and 1440"),
        (("courses", 0, "availability", 0, "to"), "01:00", "is before its beginning"),
        (("courses", 0, "availability", 0, "from"), "9 am", "a time of day such as 09:30"),
        (("chairs",), 7, "chairs has to be a list"),
        (("chairs", 0), None, "chairs[0] has to be an object with named fields"),
        (("pools", 0, "capacity", 0, "weekdays"), [7], "a weekday between 0 (Monday) and 6 (Sunday)"),
        (("weights", "dev"), -1, "weights.dev has to be a whole number, 0 or more"),
        (("weights", "dev"), None, "weights.dev is missing"),
        (("horizon", "to"), "9999-12-31", "a horizon of 1 to 3660 days"),
    ],
)
def test_an_instance_with_a_wrong_value_is_refused_in_words(tmp_path, place, value, words):
    case = load("01-single-tiny")
    inner = case
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(case))

    found = solve_file(path)

    assert (found.returncode, found.stdout) == (2, "")
    assert words in found.stderr


def test_two_chairs_of_one_name_are_refused_because_nobody_could_tell_them_apart():
    case = load("01-single-tiny")
    case["chairs"] *= 2

    with pytest.raises(ValueError, match="chairs holds two with the id 'S1C1'"):
        answer(case)


def test_a_field_that_is_null_is_the_same_as_a_missing_one():
    case = load("01-single-tiny")
    wished = answer(case)
    case["courses"][0] |= {"chairs": None, "authorisation": None, "repair": None}

    assert answer(case) == wished


def test_a_missing_file_and_a_missing_argument_are_told():
    assert "Cannot open" in solve_file("nowhere.json").stderr
    assert (
        "python -m scheduler solve"
        in subprocess.run([sys.executable, "-m", "scheduler"], capture_output=True, text=True, timeout=60).stderr
    )
