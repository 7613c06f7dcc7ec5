"""Addresses of this door."""

from datetime import date

from django.urls import path, register_converter

from . import booking, choices, courses, days, links, patients, risks, sessions
from .dates import YEARS


class DateConverter:
    """Read a date such as 2026-11-24 in an address."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """Read the date; Django takes a ValueError as "no such page"."""
        day = date.fromisoformat(value)
        if day.year not in YEARS:
            raise ValueError(value)
        return day

    def to_url(self, value: date) -> str:
        """Write the date."""
        return str(value)


register_converter(DateConverter, "date")

app_name = "frontdesk"
urlpatterns = [
    path("", days.today, name="today"),
    path("day/<date:day>/", days.day, name="day"),
    path("patients/", patients.patients, name="patients"),
    path("patients/new/", patients.register, name="register"),
    path("patients/<uuid:uid>/", patients.patient, name="patient"),
    path("patients/<uuid:uid>/details/", patients.correct, name="correct"),
    path("patients/<uuid:uid>/book/", booking.book, name="book"),
    path("patients/<uuid:uid>/links/", links.new_link, name="new-link"),
    path("patients/<uuid:uid>/calendars/", links.new_calendar, name="new-calendar"),
    path("patients/<uuid:uid>/<str:kind>/<uuid:link>/end/", links.revoke, name="revoke"),
    path("proposals/<uuid:uid>/<int:plan>/<int:number>/", choices.choice, name="choice"),
    path("proposals/<uuid:uid>/release/", links.release, name="release"),
    path("courses/<uuid:uid>/", courses.booked, name="booked"),
    path("courses/<uuid:uid>/undo/", courses.undo, name="undo"),
    path("courses/<uuid:uid>/cancel/", courses.cancel, name="cancel"),
    path("risks/", risks.risks, name="risks"),
    path("sessions/<uuid:uid>/", sessions.session, name="session"),
    path("sessions/<uuid:uid>/move/", sessions.move, name="move"),
    path("sessions/<uuid:uid>/status/", days.set_status, name="status"),
]
