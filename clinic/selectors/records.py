"""What other systems may read: rows of the sites that a client was given, in a fixed number of queries."""

import uuid
from dataclasses import dataclass
from itertools import chain

from django.db.models import Prefetch, Q, QuerySet

from clinic.models import (
    Admission,
    ApiClient,
    Chair,
    Course,
    Disruption,
    Patient,
    Prescriber,
    Proposal,
    Protocol,
    Replan,
    Session,
    Site,
    Technician,
    WhatIf,
)
from clinic.planning import site_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Hold what a resource is called outside: its public id and its name."""

    uid: uuid.UUID
    name: str


def patients_of(client: ApiClient) -> QuerySet[Patient]:
    """Return the patients of a client's sites; a record that was merged into another one is none any more."""
    return Patient.objects.filter(site__in=client.sites.all(), merged_into=None).select_related("site")


def patients_with_number(client: ApiClient, number: str) -> QuerySet[Patient]:
    """Return the patient with a number; that of a record which was merged leads to the one that was kept."""
    merged = Patient.objects.filter(number=number).values("merged_into")
    return patients_of(client).filter(Q(number=number) | Q(pk__in=merged))


def courses_of(client: ApiClient) -> QuerySet[Course]:
    """Return the courses at a client's sites, without their sessions."""
    return Course.objects.filter(site__in=client.sites.all()).select_related("patient__site", "protocol", "site")


def whole_courses_of(client: ApiClient) -> QuerySet[Course]:
    """Return the courses at a client's sites, with their sessions."""
    return courses_of(client).prefetch_related(Prefetch("sessions", _with_places(Session.objects.all())))


def sessions_of(client: ApiClient) -> QuerySet[Session]:
    """Return the sessions at a client's sites."""
    return _with_places(Session.objects.filter(site__in=client.sites.all()))


def proposals_of(client: ApiClient) -> QuerySet[Proposal]:
    """Return the proposals for a client's sites."""
    return Proposal.objects.filter(site__in=client.sites.all()).select_related("patient", "protocol", "site")


def disruptions_of(client: ApiClient) -> QuerySet[Disruption]:
    """Return what happened at a client's sites."""
    named = ("site", "chair", "absence__technician", "absence__prescriber")
    return Disruption.objects.filter(site__in=client.sites.all()).select_related(*named)


def replans_of(client: ApiClient) -> QuerySet[Replan]:
    """Return the replans for a client's sites."""
    return Replan.objects.filter(disruption__site__in=client.sites.all()).select_related("disruption__site")


def admissions_of(client: ApiClient) -> QuerySet[Admission]:
    """Return the planned waiting lists of a client's sites."""
    return Admission.objects.filter(site__in=client.sites.all()).select_related("site")


def what_ifs_of(client: ApiClient) -> QuerySet[WhatIf]:
    """Return the questions about a client's sites."""
    return WhatIf.objects.filter(site__in=client.sites.all()).select_related("site")


def protocols() -> QuerySet[Protocol]:
    """Return every version of every protocol."""
    return Protocol.objects.all()


def sites_of(client: ApiClient) -> QuerySet[Site]:
    """Return the sites that a client was given."""
    return client.sites.filter(is_active=True)


def resources() -> dict[str, Named]:
    """Return every site, chair and person by the id that the scheduler knows it by."""
    rows = chain.from_iterable(
        kind.objects.values_list("pk", "uid", "name") for kind in (Chair, Technician, Prescriber)
    )
    sites = ((site_id(pk), uid, name) for pk, uid, name in Site.objects.values_list("pk", "uid", "name"))
    return {str(key): Named(uid=uid, name=name) for key, uid, name in chain(rows, sites)}


def _with_places(sessions: QuerySet[Session]) -> QuerySet[Session]:
    return sessions.select_related("course", "patient", "site", "chair", "technician", "prescriber")
