"""Merge two records of one person, and part them again, row for row.

Nothing is copied or deleted: sessions, courses, referrals, links and messages keep their identity and change hands. The
record that is gone keeps its details and its history, and is found no more but through the one that was kept.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import (
    CalendarLink,
    ContactWishes,
    Course,
    DeskTask,
    Merge,
    Occupancy,
    OutboundMessage,
    Passkey,
    Patient,
    PatientLink,
    Proposal,
    Referral,
    ReminderLook,
    Session,
    Site,
)
from clinic.selectors.merging import Clash, clashes

from . import audit
from .booking.errors import NotPossible
from .booking.lock import note_change, under_lock

# Everything that belongs to a patient and goes along; a test knows every other table that names patients.
TABLES: tuple[Any, ...] = (
    Course,
    Session,
    Proposal,
    Referral,
    OutboundMessage,
    PatientLink,
    Passkey,
    CalendarLink,
    DeskTask,
)
DATED: tuple[Any, ...] = (Course, Session, Referral)
# What belongs to a course goes back with it, even where it came later.
OF_COURSES: Mapping[Any, Callable[[Iterable[int]], Q]] = {
    Session: lambda courses: Q(course__in=courses),
    Proposal: lambda courses: Q(course__in=courses),
    OutboundMessage: lambda courses: Q(course__in=courses) | Q(session__course__in=courses),
    DeskTask: lambda courses: Q(session__course__in=courses),
}
STOPS = ("email_stopped_at", "sms_stopped_at")
SAME = gettext_lazy("These are one record already. Choose another one.")
ELSEWHERE = gettext_lazy("The records belong to two clinics. Only records of one clinic can be merged.")
MERGED_BEFORE = gettext_lazy("One of these records was merged a moment ago. Look at it as it is now.")
TAKEN = gettext_lazy(
    "Somebody has just booked a session for one of them at the time of the other. Look at it as it is now."
)
UNDONE_BEFORE = gettext_lazy("This merge was undone before.")
MERGED_ON = gettext_lazy("The record was merged into another one since. Undo that first.")


class RecordsClash(NotPossible):
    """Both records have sessions at one time; `clashes` says which."""

    def __init__(self, found: tuple[Clash, ...]) -> None:
        super().__init__(
            _("Both records have a session at the same time, so these are two people, or one is a mistake.")
        )
        self.clashes = found


def merge(*, kept: Patient, gone: Patient, by: audit.Actor, now: datetime) -> Merge:
    """Let everything of one record belong to another one from now on.

    Raises RecordsClash, NotPossible and Busy.
    """

    def unite(locked: Site) -> Merge:
        _lock_sites(kept, gone)
        ours, theirs = _locked(kept, gone)
        if ours.site_id != theirs.site_id:
            raise NotPossible(ELSEWHERE)
        if ours.merged_into_id or theirs.merged_into_id:
            raise NotPossible(MERGED_BEFORE)
        if found := clashes(ours, theirs):
            raise RecordsClash(found)
        former = list(theirs.former_records.values_list("pk", flat=True))
        done = Merge.objects.create(
            kept=ours,
            gone=theirs,
            moved={table.__name__: _moved(table, theirs, ours, now) for table in TABLES},
            changed={"former": former, "stopped": _wishes_joined(ours, theirs)},
            merged_at=now,
            merged_by=by.user,
        )
        Occupancy.objects.filter(resource=theirs.pk).update(resource=ours.pk)
        Patient.objects.filter(Q(pk=theirs.pk) | Q(pk__in=former)).update(merged_into=ours, updated_at=now)
        _settled(ours, theirs, locked)
        _record("records merged", done, by, now)
        return done

    if kept.pk == gone.pk:
        raise NotPossible(SAME)
    try:
        return under_lock(kept.site, unite)
    except IntegrityError as taken:
        raise NotPossible(TAKEN) from taken


def undo(*, merge: Merge, by: audit.Actor, now: datetime) -> None:
    """Part two records again: each row that changed hands goes back, with what has come to its course since.

    Raises NotPossible and Busy.
    """

    def part(locked: Site) -> None:
        _lock_sites(merge.kept, merge.gone)
        ours, theirs = _locked(merge.kept, merge.gone)
        current = Merge.objects.select_for_update().get(pk=merge.pk)
        if current.undone_at:
            raise NotPossible(UNDONE_BEFORE)
        if ours.merged_into_id:
            raise NotPossible(MERGED_ON)
        courses = current.moved[Course.__name__]
        for table in TABLES:
            back = Q(pk__in=current.moved.get(table.__name__, ()))
            if table in OF_COURSES:
                back |= OF_COURSES[table](courses)
            _give(table, back & Q(patient=ours), theirs, now)
        Occupancy.objects.filter(resource=ours.pk, session__patient=theirs).update(resource=theirs.pk)
        ContactWishes.objects.filter(patient=ours).update(**dict.fromkeys(current.changed["stopped"]))
        Patient.objects.filter(pk=theirs.pk).update(merged_into=None, updated_at=now)
        Patient.objects.filter(pk__in=current.changed["former"]).update(merged_into=theirs, updated_at=now)
        Merge.objects.filter(pk=current.pk).update(undone_at=now)
        _settled(ours, theirs, locked)
        _record("merge undone", current, by, now)

    under_lock(merge.kept.site, part)


def _locked(kept: Patient, gone: Patient) -> tuple[Patient, Patient]:
    """Lock both records, the lower key first, so that two merges never wait for each other in a circle."""
    rows = Patient.objects.select_for_update(of=("self",)).select_related("site").order_by("pk")
    found = {row.pk: row for row in rows.filter(pk__in=(kept.pk, gone.pk))}
    return found[kept.pk], found[gone.pk]


def _lock_sites(*patients: Patient) -> None:
    """Lock the other sites at which these people are booked or offered times; every booking locks its site first."""
    places = (table.objects.filter(patient__in=patients).values("site") for table in (Course, Proposal, Session))
    of_any = Q()
    for place in places:
        of_any |= Q(pk__in=place)
    list(Site.objects.select_for_update(no_key=True).filter(of_any).order_by("pk"))


def _moved(table: Any, source: Patient, target: Patient, now: datetime) -> list[int]:
    """Give all rows of a table that belong to one record to the other; return their keys."""
    keys = list(table.objects.filter(patient=source).order_by("pk").values_list("pk", flat=True))
    _give(table, Q(pk__in=keys), target, now)
    return keys


def _give(table: Any, rows: Q, target: Patient, now: datetime) -> None:
    dated = {"updated_at": now} if table in DATED else {}
    keys = list(table.objects.filter(rows).values_list("pk", flat=True))
    table.objects.filter(pk__in=keys).update(patient=target, **dated)


def _wishes_joined(kept: Patient, gone: Patient) -> list[str]:
    """Stop for the person what was stopped on either record; return what had to be stopped for that."""
    other = ContactWishes.objects.filter(patient=gone).first()
    stops = {name: moment for name in STOPS if other and (moment := getattr(other, name))}
    if not other or not stops:
        return []
    own, _other = ContactWishes.objects.get_or_create(patient=kept, defaults={"language": other.language})
    new = [name for name in stops if getattr(own, name) is None]
    for name in new:
        setattr(own, name, stops[name])
    own.save(update_fields=new)
    return new


def _settled(kept: Patient, gone: Patient, site: Site) -> None:
    """Have reminders worked out anew, and let whoever has read the diary know that it changed."""
    ReminderLook.objects.filter(patient__in=(kept, gone)).delete()
    note_change(site)


def _record(action: str, done: Merge, by: audit.Actor, now: datetime) -> None:
    for own, other in ((done.kept, done.gone), (done.gone, done.kept)):
        audit.record(by=by, now=now, action=action, patient=own, data={"merged": other.number, "merge": str(done.uid)})
