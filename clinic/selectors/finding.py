"""Finding patients by whatever the desk knows of them, in a fixed number of queries, among 100,000 as among ten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat

from clinic.models import Patient, PatientKey, Session, User
from clinic.models.courses import SessionStatus
from clinic.models.people import digits_of, plain_words
from clinic.permissions import sites_of

from .spelling import (
    HEAD,
    PHONE_END,
    SHORTEST_HEAD,
    SHORTEST_WRONG,
    allowed,
    misspelt,
    number_key,
    phone_key,
    spellings,
)

# A record that was merged into another one leads there, under its old name and number too.
RECORD = Coalesce("merged_into", "pk")
MOST_FOUND = 50
MOST_COMPARED = 2000
MOST_WORDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Hold who was found; `is_near` tells that nobody is spelt like that, and these are the most alike."""

    patients: tuple[Patient, ...]
    is_near: bool = False
    has_more: bool = False


def find_patients(
    text: str, *, user: User, now: datetime, births: Sequence[date] = (), limit: int = MOST_FOUND
) -> Found:
    """Find patients of the user's sites: by number or phone, by beginnings of their names in any order, then by names
    that are spelt alike, then by any part of these. `births` narrows all of it to dates of birth.
    """
    rows = Patient.objects.filter(site__in=sites_of(user))
    if births:
        rows = rows.filter(date_of_birth__in=births)
    words = plain_words(text)[:MOST_WORDS]
    if text.strip() and not words and not births:
        return Found(patients=())
    for look in (_by_name, _alike, _by_part):
        if found := list(dict.fromkeys(look(rows, words, text, limit + 1))):
            break
    return Found(
        patients=tuple(_shown(found[:limit], now)), is_near=look is _alike and bool(found), has_more=len(found) > limit
    )


def _by_name(rows: QuerySet[Patient], words: list[str], text: str, limit: int) -> list[int]:
    """Find whose number or phone was typed, or else those whose names begin like the words."""
    if digits_of(text):
        exact = [key for key in (number_key(text), phone_key(text)) if key]
        if numbered := list(rows.filter(_keyed(key__in=exact)).values_list(RECORD, flat=True)[:limit]):
            return numbered
    for word in words:
        if len(word) >= SHORTEST_HEAD and not digits_of(word):
            rows = rows.filter(_keyed(key=word[:HEAD]))
        rows = rows.filter(search_text__contains=f" {word}")
    return _first(rows, limit, is_looked_up=any(len(word) >= SHORTEST_HEAD for word in words))


def _alike(rows: QuerySet[Patient], words: list[str], text: str, limit: int) -> list[int]:
    """Find those whose names are spelt like the words but for a letter or two; the most alike come first."""
    if not any(map(_may_be_wrong, words)):
        return []
    near = _near_words([word for word in words if _may_be_wrong(word)])
    for word in words:
        if not _may_be_wrong(word):
            rows = rows.filter(search_text__contains=f" {word}")
        elif meant := near[word]:
            rows = rows.filter(_keyed(key__in={name[:HEAD] for name in meant}, word__in=meant.keys()))
        else:
            return []
    judged = []
    for pk, family, given in rows.values_list(RECORD, "family_name", "given_name")[:MOST_COMPARED]:
        names = [*plain_words(f"{family} {given}"), "".join(plain_words(family)), "".join(plain_words(given))]
        faults = sum(min(meant.get(name, len(name)) for name in names) for meant in near.values())
        judged.append((faults, names, pk))
    return [pk for *_, pk in sorted(judged)[:limit]]


def _near_words(typed: list[str]) -> dict[str, dict[str, int]]:
    """Return for each typed word the names that it can be meant for, with how many letters are wrong."""
    keys = {key for word in typed for key in spellings(word)}
    known = set(
        PatientKey.objects.filter(key__in=sorted(keys)).values_list("word", flat=True).distinct()[:MOST_COMPARED]
    )
    heads = {name: spellings(name) for name in known}
    near: dict[str, dict[str, int]] = {}
    for word in typed:
        own, most = spellings(word), allowed(word)
        judged = {name: misspelt(word, name) for name in heads if not own.isdisjoint(heads[name])}
        near[word] = {name: wrong for name, wrong in judged.items() if wrong <= most}
    return near


def _by_part(rows: QuerySet[Patient], words: list[str], text: str, limit: int) -> list[int]:
    """Find the words anywhere in names, number and phone; this reads every patient of the sites."""
    digits = digits_of(text)
    if len(digits) >= PHONE_END:
        words = [digits[-PHONE_END:]]
    if not words:
        return []
    for word in words:
        rows = rows.filter(search_text__contains=word)
    return _first(rows, limit, is_looked_up=True)


def _may_be_wrong(word: str) -> bool:
    return len(word) >= SHORTEST_WRONG and not digits_of(word)


def _keyed(**wanted: Any) -> Q:
    """Select the patients who have a key."""
    return Q(pk__in=PatientKey.objects.filter(**wanted).values("patient"))


def _first(rows: QuerySet[Patient], limit: int, *, is_looked_up: bool) -> list[int]:
    """Return the first by name. Few rows that were looked up are sorted; else the index of names is walked.

    PostgreSQL would walk that index for the few as well, in the belief that it meets them soon.
    """
    order = Concat("search_text", Value("")) if is_looked_up else F("search_text")
    return list(rows.order_by(order).values_list(RECORD, flat=True)[:limit])


def _shown(keys: Sequence[int], now: datetime) -> list[Patient]:
    """Read the found in their order, each with the next session."""
    upcoming = Session.objects.filter(patient=OuterRef("pk"), starts_at__gte=now, status=SessionStatus.BOOKED)
    rows = Patient.objects.select_related("site").annotate(
        next_session=Subquery(upcoming.order_by("starts_at").values("starts_at")[:1])
    )
    by_key = rows.in_bulk(keys)
    return [by_key[key] for key in keys if key in by_key]
