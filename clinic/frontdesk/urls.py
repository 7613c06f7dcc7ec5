"""Addresses of this door."""

from django.urls import path

from . import patients

app_name = "frontdesk"
urlpatterns = [
    path("patients/", patients.patients, name="patients"),
    path("patients/new/", patients.register, name="register"),
    path("patients/<uuid:uid>/", patients.patient, name="patient"),
    path("patients/<uuid:uid>/details/", patients.correct, name="correct"),
]
