"""Patients: list, find by number, register, read, change."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.models import Patient, Site
from clinic.models.people import Channel
from clinic.selectors import records
from clinic.services import patients
from clinic.services.audit import record_reads

from .errors import named
from .operations import Operation, Strict, answered
from .paging import page
from .shapes import PageQuery, PatientOut, page_of


class DetailsIn(Strict):
    """What can be said about a patient."""

    family_name = serializers.CharField(max_length=120)
    given_name = serializers.CharField(max_length=120)
    date_of_birth = serializers.DateField()
    phone = serializers.CharField(max_length=40, allow_blank=True, required=False)
    email = serializers.EmailField(max_length=254, allow_blank=True, required=False)
    channel = serializers.ChoiceField(choices=Channel.values, required=False, help_text="How to be told.")


class ListPatients(Operation):
    """Give the patients of the token's sites, a page at a time, or the one with a number."""

    scope, summary = "patients:read", "List patients, or find one by number"
    is_tagged = True
    OutputSerializer = page_of(PatientOut)

    class QuerySerializer(PageQuery):
        number = serializers.CharField(max_length=32, required=False, help_text="The clinic's number of the patient.")

    def get(self, request: Request) -> Response:
        """Answer with a page."""
        query = self.query()
        rows = records.patients_of(self.client)
        if "number" in query:
            rows = records.patients_with_number(self.client, query["number"])
        shown, following = page(rows, query)
        record_reads(shown, by=self.actor, now=self.now)
        return self.found({"items": PatientOut(shown, many=True).data, "next": following})


class RegisterPatient(Operation):
    """Register a patient at one of the token's sites; the clinic gives the number when none is sent."""

    scope, summary, success = "patients:write", "Register a patient", 201
    problems = ("patient-exists", "impossible-request")
    OutputSerializer = PatientOut

    class InputSerializer(DetailsIn):
        number = serializers.CharField(max_length=32, required=False)
        site = serializers.UUIDField(required=False, help_text="Needed when the token has several sites.")
        confirmed = serializers.BooleanField(
            default=False, help_text="true registers a second patient of the same name and date of birth."
        )

    def post(self, request: Request) -> Response:
        """Answer with the patient."""
        details = dict(self.input())
        details["site"] = site_of(self, details.pop("site", None))

        def register() -> Any:
            patient = patients.register(**details, by=self.actor, now=self.now)
            return answered(PatientOut(patient).data, status=201, headers={"Location": f"{request.path}/{patient.uid}"})

        return self.write(register)


class ReadPatient(Operation):
    """Give one patient."""

    scope, summary = "patients:read", "Read a patient"
    is_tagged = True
    OutputSerializer = PatientOut

    def get(self, request: Request, patient: UUID) -> Response:
        """Answer with the patient."""
        row = get_object_or_404(records.patients_of(self.client), uid=patient)
        record_reads([row], by=self.actor, now=self.now)
        return self.found(PatientOut(row).data)


class ChangePatient(Operation):
    """Change some details of a patient."""

    scope, summary = "patients:write", "Change a patient's details"
    is_tagged = needs_match = True
    problems = ("impossible-request",)
    OutputSerializer = PatientOut

    class InputSerializer(DetailsIn):
        def get_fields(self) -> dict[str, serializers.Field]:
            """Let every field be left out."""
            fields = super().get_fields()
            for field in fields.values():
                field.required = False
            return fields

    def patch(self, request: Request, patient: UUID) -> Response:
        """Answer with the changed patient."""
        details = self.input()

        def change() -> Any:
            rows = records.patients_of(self.client).select_for_update(of=("self",), no_key=True)
            row = get_object_or_404(rows, uid=patient)
            self.match(PatientOut(row).data)
            changed: Patient = patients.update(patient=row, **details, by=self.actor, now=self.now)
            return answered(PatientOut(changed).data)

        return self.write(change)


def site_of(operation: Operation, uid: UUID | None) -> Site:
    """Find the site that was named, or the only one that the token has."""
    sites = records.sites_of(operation.client)
    if uid is not None:
        return named("site", sites, uid=uid)
    if len(only := list(sites[:2])) != 1:
        raise serializers.ValidationError({"site": ["Say which site: this token has several, or none."]})
    return only[0]
