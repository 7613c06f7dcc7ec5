"""Protocol rows as the scheduler's values, and back."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from clinic.models import Protocol as ProtocolRow
from scheduler import Assessment, Blocks, FollowUp, Phase, Protocol, Redetermination, Visit, VisitKind

COLUMNS = ("slug", "name", "version", "summary", "source")

# How the fields that are not plain numbers and texts are read.
READERS: Mapping[type, Mapping[str, Any]] = {
    Visit: {"kind": VisitKind, "chair_kinds": frozenset},
    Blocks: {},
    Phase: {
        "visit": lambda data: _read(Visit, data),
        "blocks": lambda data: _read(Blocks, data),
        "taper": tuple,
        "weekdays": frozenset,
    },
    Redetermination: {"visit": lambda data: _read(Visit, data)},
    Assessment: {},
    FollowUp: {"visit": lambda data: _read(Visit, data)},
    Protocol: {
        "phases": lambda items: tuple(_read(Phase, item) for item in items),
        "first_visit": lambda data: _read(Visit, data),
        "redetermination": lambda data: _read(Redetermination, data),
        "assessments": lambda items: tuple(_read(Assessment, item) for item in items),
        "follow_ups": lambda items: tuple(_read(FollowUp, item) for item in items),
    },
}


def protocol_value(row: ProtocolRow) -> Protocol:
    """Read the protocol of a row.

    Raises ValueError, in a sentence for the screen, for a definition that contradicts itself.
    """
    return _read(Protocol, {**row.definition, **{name: getattr(row, name) for name in COLUMNS}})


def protocol_definition(value: Protocol) -> dict[str, Any]:
    """Write what a row keeps in its `definition`: everything but what has a column of its own."""
    return {name: data for name, data in _written(value).items() if name not in COLUMNS}


def _read(kind: type, data: Any) -> Any:
    if not isinstance(data, Mapping):
        raise ValueError(f"A {kind.__name__.lower()} is written as names with values, not {data!r}.")
    if unknown := sorted(set(data) - {item.name for item in fields(kind)}):
        raise ValueError(f"A {kind.__name__.lower()} has no {unknown[0]!r}.")
    readers = READERS[kind]
    try:
        given = {
            name: readers[name](value) if name in readers and value is not None else value
            for name, value in data.items()
        }
        return kind(**given)
    except TypeError as wrong:
        raise ValueError(f"A {kind.__name__.lower()} cannot be read: {wrong}") from None


def _written(value: Any) -> Any:
    """Write a value as JSON data, without the fields that have their default."""
    if is_dataclass(value):
        return {item.name: _written(getattr(value, item.name)) for item in fields(value) if _differs(value, item)}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_written(item) for item in value]
    return value


def _differs(value: Any, item: Any) -> bool:
    return item.default is MISSING or getattr(value, item.name) != item.default
