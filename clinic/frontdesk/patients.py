"""Register and correct patients, and the page about one."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.models import Patient, Site
from clinic.permissions import REGISTER, SEE, get_patient_or_404, get_record_or_404
from clinic.selectors.merging import alike
from clinic.selectors.patients import patient_page
from clinic.services import patients as services

from .patient_form import PatientForm
from .place import place_of
from .staff import StaffRequest, actor, staff


@staff(REGISTER)
def register(request: StaffRequest) -> HttpResponse:
    """Register a patient; one who seems to be known already needs a second word."""
    place = place_of(request)
    if place.site is None:
        return render(request, "frontdesk/no_site.html")
    sites = place.sites
    site = next((site for site in sites if str(site.uid) == request.POST.get("site")), place.site)
    today = timezone.now().astimezone(site.zone).date()
    form = PatientForm(request.POST or None, initial={"family_name": request.GET.get("name", "")[:120]}, today=today)
    known: list[Patient] = []
    is_confirmed = "confirmed" in request.POST
    if request.method == "POST" and form.is_valid():
        person = form.patient(site)
        known = alike(person) if person and not is_confirmed else []
        if known:
            return _shown(request, form, known, sites, site)
        try:
            patient = services.register(
                site=site,
                by=actor(request),
                now=timezone.now(),
                confirmed=is_confirmed,
                **form.cleaned_data | {"channel": form.cleaned_data["channel"] or "none"},
            )
        except services.InvalidPatient as wrong:
            form.take(wrong.errors)
        except services.PatientExists as exists:
            known = [exists.patient]
        else:
            messages.success(
                request,
                _("%(name)s is registered under number %(number)s.") % {"name": patient.name, "number": patient.number},
            )
            return redirect("frontdesk:patient", patient.uid)
    return _shown(request, form, known, sites, site)


def _shown(
    request: StaffRequest, form: PatientForm, known: list[Patient], sites: list[Site], site: Site
) -> HttpResponse:
    """Show the form with what is wrong, and with those who may be the same person."""
    context = {"form": form, "known": known, "sites": sites, "site": site, "today": form.today}
    return render(request, "frontdesk/register.html", context, status=422 if form.errors or known else 200)


@staff(REGISTER)
def correct(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Correct what is known about a patient."""
    patient = get_patient_or_404(request.user, uid)
    today = timezone.now().astimezone(patient.site.zone).date()
    form = PatientForm(request.POST or None, initial=PatientForm.known(patient), today=today)
    if request.method == "POST" and form.is_valid():
        try:
            services.update(patient=patient, by=actor(request), now=timezone.now(), **form.cleaned_data)
        except services.InvalidPatient as wrong:
            form.take(wrong.errors)
        else:
            messages.success(request, _("The details are saved."))
            return redirect("frontdesk:patient", patient.uid)
    context = {"form": form, "patient": patient, "site": patient.site, "today": today}
    return render(request, "frontdesk/correct.html", context, status=422 if form.errors else 200)


@staff(SEE)
def patient(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Show a patient: courses, links, history. A merged record leads to the one that was kept."""
    person = get_record_or_404(request.user, uid)
    if person.merged_into:
        return redirect("frontdesk:patient", person.merged_into.uid)
    return render(request, "frontdesk/patient.html", patient_context(request, person))


def patient_context(request: StaffRequest, person: Patient, **more: object) -> dict[str, object]:
    """Gather what the patient's page shows."""
    now = timezone.now()
    page = patient_page(person, now)
    today = now.astimezone(person.site.zone).date()
    return {"page": page, "patient": person, "site": person.site, "today": today, "now": now} | more
