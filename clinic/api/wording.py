"""Reasons and plans as they are given outside: codes with sentences, public ids with names, local instants."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from clinic.messages import sentence
from clinic.selectors.records import Named, resources

Reason = Mapping[str, Any]
Say = Callable[[Iterable[Reason], ZoneInfo], list[dict[str, str]]]


def speaker(named: Mapping[str, Named] | None = None) -> Say:
    """Return the function that puts reasons into words."""
    names = {key: named.name for key, named in (resources() if named is None else named).items()}

    def say(reasons: Iterable[Reason], zone: ZoneInfo) -> list[dict[str, str]]:
        return [{"code": reason["code"], "sentence": sentence(reason, names, zone)} for reason in reasons]

    return say


def plans_out(plans: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Write plans for other systems."""
    named = resources()
    say = speaker(named)
    return [_plan_out(plan, named, say) for plan in plans]


def _plan_out(plan: Mapping[str, Any], named: Mapping[str, Named], say: Say) -> dict[str, Any]:
    zone = ZoneInfo(plan["timezone"])
    return {
        "kind": plan["kind"],
        "is_optimal": plan["is_optimal"],
        "notes": say(plan["notes"], zone),
        "sessions": [_session_out(session, named, say, zone) for session in plan["sessions"]],
        "unplaced": [
            {**{name: item[name] for name in ("first_number", "count", "kind")}, "reasons": say(item["reasons"], zone)}
            for item in plan["unplaced"]
        ],
    }


def _session_out(session: Mapping[str, Any], named: Mapping[str, Named], say: Say, zone: ZoneInfo) -> dict[str, Any]:
    return {
        **{name: session[name] for name in ("number", "kind", "phase", "assessments")},
        "start": local(session["starts_at"], zone),
        "end": local(session["ends_at"], zone),
        **{name: named_out(named, session[name]) for name in ("site", "chair", "technician", "prescriber")},
        "reasons": say(session["reasons"], zone),
    }


def local(moment: str | datetime, zone: ZoneInfo) -> str:
    """Write an instant with the offset of a zone."""
    read = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return read.astimezone(zone).isoformat()


def named_out(named: Mapping[str, Named], key: str | None) -> dict[str, str] | None:
    """Write a resource by its public id and name; one that is gone has neither."""
    found = named.get(key or "")
    return {"id": str(found.uid), "name": found.name} if found else None


# What a reason asks for, as a JSON merge patch (RFC 7396) of the course request.
CHANGES: Mapping[str, Callable[[Reason], dict[str, Any]]] = {
    "latest-date-too-early": lambda reason: {"latest_date": reason["needed_date"]},
    "authorisation-too-short": lambda reason: {"authorisation": {"last_date": reason["needed_date"]}},
    "too-few-units": lambda reason: {"authorisation": {"units": reason["sessions"]}},
}


def changes_out(reasons: Iterable[Reason], said: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Write the smallest changes that would help: the sentence, and the change of the request where it is one."""
    pairs = [(reason, words) for reason, words in zip(reasons, said, strict=True) if reason["code"] in CHANGES]
    return [{**words, "change": CHANGES[reason["code"]](reason)} for reason, words in pairs]


def openings_out(openings: Iterable[Any], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Write openings for other systems."""
    named = resources()
    say = speaker(named)
    return [
        {
            "start": local(opening.start, zone),
            "end": local(opening.end, zone),
            "chair": named_out(named, opening.chair),
            "technician": named_out(named, opening.technician),
            "reasons": say(opening.reasons, zone),
        }
        for opening in openings
    ]
