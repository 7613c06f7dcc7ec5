"""Who may do what, and whose data a member of staff may see.

Whatever is found belongs to a clinic, and the rest of the page is written in the way of that one.
"""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from clinic.models import (
    Admission,
    Chair,
    Closure,
    Course,
    Disruption,
    Merge,
    Patient,
    Prescriber,
    Proposal,
    Referral,
    Repair,
    Replan,
    Session,
    Site,
    Technician,
    User,
    WhatIf,
)
from clinic.models.people import Role
from clinic.selectors.written import stay_at

SEE, ATTEND, REGISTER, BOOK, MOVE, CANCEL, LINK = "see", "attend", "register", "book", "move", "cancel", "link"
DISRUPT, SETUP = "disrupt", "setup"
EVERYTHING = frozenset({SEE, ATTEND, REGISTER, BOOK, MOVE, CANCEL, LINK, DISRUPT, SETUP})
ACTIONS: dict[str, frozenset[str]] = {
    Role.FRONT_DESK: EVERYTHING - {SETUP},
    Role.MANAGER: EVERYTHING,
    Role.ADMINISTRATOR: EVERYTHING,
    Role.TECHNICIAN: frozenset({SEE, ATTEND}),
    Role.PRESCRIBER: frozenset({SEE, ATTEND}),
}


def may(user: User, action: str) -> bool:
    """Tell whether the role of a user allows an action.

    Raises ValueError for an action that is not in EVERYTHING.
    """
    if action not in EVERYTHING:
        raise ValueError(f"There is no action {action!r}.")
    if not user.is_active:
        return False
    return user.is_superuser or action in ACTIONS.get(user.role, frozenset())


def sites_of(user: User) -> QuerySet[Site]:
    """Return the sites whose patients and diary a user may see."""
    return sites_to_arrange(user).filter(is_active=True)


def sites_to_arrange(user: User) -> QuerySet[Site]:
    """Return the sites that a user may set up, closed ones too."""
    return Site.objects.all() if works_everywhere(user) else user.sites.all()


def works_everywhere(user: User) -> bool:
    """Tell whether a user belongs to every site, and may let others belong there."""
    return user.is_superuser or user.role == Role.ADMINISTRATOR


def get_site_or_404(user: User, uid: UUID | str) -> Site:
    """Return a site that the user may set up."""
    return stay_at(get_object_or_404(sites_to_arrange(user), uid=uid))


def get_chair_or_404(user: User, uid: UUID | str) -> Chair:
    """Return a chair of a site that the user may set up."""
    found = get_object_or_404(Chair.objects.select_related("site"), uid=uid, site__in=sites_to_arrange(user))
    stay_at(found.site)
    return found


def get_closure_or_404(user: User, pk: int) -> Closure:
    """Return a closure of a site that the user may set up."""
    found = get_object_or_404(Closure.objects.select_related("site"), pk=pk, site__in=sites_to_arrange(user))
    stay_at(found.site)
    return found


def people_to_arrange(user: User, kind: type[Technician | Prescriber]) -> QuerySet[Any]:
    """Return the technicians or prescribers of the user's sites, and those who work nowhere yet."""
    theirs = Q(shifts__site__in=sites_to_arrange(user)) | Q(shifts=None)
    return kind.objects.filter(theirs).distinct()


def accounts_to_arrange(user: User) -> QuerySet[User]:
    """Return the accounts that a user may change: a practice manager's are those of the own sites alone."""
    if works_everywhere(user):
        return User.objects.all()
    others = User.objects.exclude(sites__in=Site.objects.exclude(pk__in=user.sites.all()))
    own = others.filter(sites__in=user.sites.all()).distinct()
    return own.exclude(Q(is_superuser=True) | Q(role=Role.ADMINISTRATOR))


def get_patient_or_404(user: User, uid: UUID | str) -> Patient:
    """Return a patient of the user's sites; anybody else's patient does not exist for them."""
    rows = Patient.objects.select_related("site").filter(merged_into=None)
    found = get_object_or_404(rows, uid=uid, site__in=sites_of(user))
    stay_at(found.site)
    return found


def get_record_or_404(user: User, uid: UUID | str) -> Patient:
    """Return a patient's record, also one that was merged into another."""
    rows = Patient.objects.select_related("site", "merged_into")
    found = get_object_or_404(rows, uid=uid, site__in=sites_of(user))
    stay_at(found.site)
    return found


def get_merge_or_404(user: User, uid: UUID | str) -> Merge:
    """Return a merge of two records of the user's sites."""
    rows = Merge.objects.select_related("kept__site", "gone__site")
    found = get_object_or_404(rows, uid=uid, kept__site__in=sites_of(user), gone__site__in=sites_of(user))
    stay_at(found.kept.site)
    return found


def get_course_or_404(user: User, uid: UUID | str) -> Course:
    """Return a course of a patient of the user's sites."""
    rows = Course.objects.select_related("patient__site", "protocol", "site")
    found = get_object_or_404(rows, uid=uid, patient__site__in=sites_of(user))
    stay_at(found.site)
    return found


def get_session_or_404(user: User, uid: UUID | str) -> Session:
    """Return a session at one of the user's sites."""
    rows = Session.objects.select_related("course__protocol", "patient__site", "site", "chair", "technician")
    found = get_object_or_404(rows, uid=uid, site__in=sites_of(user))
    stay_at(found.site)
    return found


def get_repair_or_404(user: User, uid: UUID | str) -> Repair:
    """Return a change of a course of a patient of the user's sites."""
    rows = Repair.objects.select_related("course__patient__site", "course__protocol", "course__site")
    found = get_object_or_404(rows, uid=uid, course__patient__site__in=sites_of(user))
    stay_at(found.course.site)
    return found


def get_proposal_or_404(user: User, uid: UUID | str) -> Proposal:
    """Return a proposal for a patient of the user's sites."""
    rows = Proposal.objects.select_related("patient__site", "protocol", "site")
    found = get_object_or_404(rows, uid=uid, patient__site__in=sites_of(user))
    stay_at(found.site)
    return found


def get_disruption_or_404(user: User, uid: UUID | str) -> Disruption:
    """Return a disruption at one of the user's sites."""
    rows = Disruption.objects.select_related("site", "chair", "absence__technician", "absence__prescriber")
    found = get_object_or_404(rows, uid=uid, site__in=sites_of(user))
    stay_at(found.site)
    return found


def get_replan_or_404(user: User, uid: UUID | str) -> Replan:
    """Return a replan of a disruption at one of the user's sites."""
    rows = Replan.objects.select_related("disruption__site")
    found = get_object_or_404(rows, uid=uid, disruption__site__in=sites_of(user))
    stay_at(found.disruption.site)
    return found


def get_referral_or_404(user: User, uid: UUID | str) -> Referral:
    """Return a referral to one of the user's sites, of a patient of theirs."""
    rows = Referral.objects.select_related("patient__site", "protocol", "site", "proposal__site")
    found = get_object_or_404(rows, uid=uid, site__in=sites_of(user), patient__site__in=sites_of(user))
    stay_at(found.site)
    return found


def get_admission_or_404(user: User, uid: UUID | str) -> Admission:
    """Return a planned waiting list of one of the user's sites."""
    found = get_object_or_404(Admission.objects.select_related("site"), uid=uid, site__in=sites_of(user))
    stay_at(found.site)
    return found


def get_what_if_or_404(user: User, uid: UUID | str) -> WhatIf:
    """Return a question about a changed clinic at one of the user's sites."""
    found = get_object_or_404(WhatIf.objects.select_related("site"), uid=uid, site__in=sites_of(user))
    stay_at(found.site)
    return found
