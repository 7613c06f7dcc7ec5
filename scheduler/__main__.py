"""Solve an instance file from the command line: `python -m scheduler solve INSTANCE.json`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from .instances import answer

USAGE = "Use: python -m scheduler solve INSTANCE.json"


def main(arguments: Sequence[str]) -> int:
    """Print the answer to an instance as JSON; return 2, after a sentence, when it cannot be read."""
    if len(arguments) != 2 or arguments[0] != "solve":
        return _refuse(USAGE)
    name = arguments[1]
    try:
        data = json.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        return _refuse(f"Cannot open {name}: {error.strerror or error}.")
    except ValueError:
        return _refuse(f"{name} is not a JSON file.")
    started = perf_counter()
    try:
        found = answer(data)
    except KeyError as error:
        return _refuse(f"{name} cannot be solved: the field {error} is missing.")
    except (ValueError, TypeError, AttributeError, IndexError, OverflowError) as error:
        return _refuse(f"{name} cannot be solved: {error}")
    print(json.dumps(found | {"seconds": round(perf_counter() - started, 4)}))
    return 0


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
