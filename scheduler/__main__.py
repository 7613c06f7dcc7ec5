"""Solve an instance file from the command line: `python -m scheduler solve INSTANCE.json`."""

import json
import sys
from collections.abc import Sequence
from math import inf
from pathlib import Path
from time import perf_counter

from .instances import answer

USAGE = """Use: python -m scheduler solve INSTANCE.json [--seconds N] [--steps 1000000] [--seed 0]
It stops when nothing better is possible, or after 60 seconds where new courses are admitted, and 20 elsewhere."""
INTAKE, OTHERS = 60.0, 20.0  # seconds, where none are given
NUMBERS = {"--steps": 1_000_000.0, "--seed": 0.0}


def main(arguments: Sequence[str]) -> int:
    """Print the answer to an instance as JSON; return 2, after a sentence, when it cannot be read."""
    numbers = _numbers(arguments[2:])
    if len(arguments) < 2 or arguments[0] != "solve" or numbers is None:
        return _refuse(USAGE)
    name = arguments[1]
    try:
        data = json.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        return _refuse(f"Cannot open {name}: {error.strerror or error}.")
    except (ValueError, RecursionError):
        return _refuse(f"{name} is not a JSON file.")
    started = perf_counter()
    is_intake = isinstance(data, dict) and data.get("kind") == "intake"
    seconds = numbers.get("--seconds", INTAKE if is_intake else OTHERS)

    def left() -> float:
        return seconds - (perf_counter() - started)

    try:
        found = answer(data, steps=int(numbers["--steps"]), left=left, seed=int(numbers["--seed"]))
    except KeyError as error:
        return _refuse(f"{name} cannot be solved: the field {error} is missing.")
    except (ValueError, TypeError, AttributeError, IndexError, OverflowError) as error:
        return _refuse(f"{name} cannot be solved: {error}")
    print(json.dumps(found | {"seconds": round(perf_counter() - started, 4)}))
    return 0


def _numbers(words: Sequence[str]) -> dict[str, float] | None:
    """Return the limits that the words give, or None when they are not pairs of a known name and a number."""
    try:
        given = {name: float(value) for name, value in zip(words[::2], words[1::2], strict=True)}
    except ValueError:
        return None
    fine = given.keys() <= {"--seconds", *NUMBERS} and all(0 <= value < inf for value in given.values())
    return NUMBERS | given if fine else None


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
