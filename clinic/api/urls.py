"""Addresses of this door."""

from django.urls import path

from . import (
    capacity,
    courses,
    decisions,
    disruptions,
    documents,
    patients,
    protocols,
    referrals,
    repairs,
    risks,
    sessions,
    what_if,
)
from .operations import address

app_name = "api"
urlpatterns = [
    path("openapi.json", documents.schema, name="openapi"),
    path("docs/", documents.pages, name="docs"),
    path("patients", address(GET=patients.ListPatients, POST=patients.RegisterPatient)),
    path("patients/<uuid:patient>", address(GET=patients.ReadPatient, PATCH=patients.ChangePatient)),
    path("protocols", address(GET=protocols.ListProtocols)),
    path("protocols/<slug:slug>", address(GET=protocols.ReadProtocol)),
    path("courses", address(GET=courses.ListCourses, POST=courses.BookCourse)),
    path("courses/quote", address(POST=courses.QuoteCourse)),
    path("courses/<uuid:course>", address(GET=courses.ReadCourse)),
    path("courses/<uuid:course>/cancel", address(POST=courses.CancelCourse)),
    path("courses/<uuid:course>/decisions", address(GET=decisions.ListDecisions, POST=decisions.Decide)),
    path("courses/<uuid:course>/decisions/preview", address(GET=decisions.PreviewDecision)),
    path("repairs/<uuid:repair>/undo", address(POST=repairs.UndoRepair)),
    path("proposals", address(POST=courses.ProposeCourse)),
    path("referrals", address(GET=referrals.ListReferrals, POST=referrals.ReferPatient)),
    path("referrals/admit", address(POST=referrals.AdmitReferrals)),
    path("capacity", address(GET=capacity.ReadCapacity)),
    path("quotes", address(POST=capacity.QuoteStarts)),
    path("what-if", address(POST=what_if.CompareWhatIf)),
    path("risks", address(GET=risks.ListRisks)),
    path("sessions", address(GET=sessions.ListSessions)),
    path("sessions/<uuid:session>", address(GET=sessions.ReadSession, PATCH=sessions.MoveSession)),
    path("sessions/<uuid:session>/make-ups", address(GET=repairs.ListMakeUps, POST=repairs.MakeUpSession)),
    path("sessions/<uuid:session>/openings", address(GET=sessions.FindOpenings)),
    path("disruptions", address(GET=disruptions.ListDisruptions, POST=disruptions.ReportDisruption)),
    path("disruptions/quote", address(POST=disruptions.QuoteDisruption)),
    path("disruptions/<uuid:disruption>", address(GET=disruptions.ReadDisruption)),
    path("disruptions/<uuid:disruption>/withdraw", address(POST=disruptions.WithdrawDisruption)),
    path("disruptions/<uuid:disruption>/replans", address(POST=disruptions.ProposeReplan)),
    path("replans/<uuid:replan>", address(GET=disruptions.ReadReplan)),
    path("replans/<uuid:replan>/apply", address(POST=disruptions.ApplyReplan)),
    path("replans/<uuid:replan>/undo", address(POST=disruptions.UndoReplan)),
]
