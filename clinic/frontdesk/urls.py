"""Addresses of this door."""

from datetime import date

from django.urls import include, path, register_converter

from . import (
    admissions,
    booking,
    capacity,
    choices,
    course_changes,
    courses,
    day_acts,
    days,
    decisions,
    disruptions,
    figures,
    finding,
    follow_ups,
    help,
    links,
    make_ups,
    merging,
    message_texts,
    messages,
    patients,
    preferences,
    referrals,
    replans,
    resending,
    risks,
    sessions,
    tables,
    todo,
    waiting,
    what_if,
)
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
    path("day/look/", day_acts.look, name="look"),
    path("day/act/", day_acts.act, name="act"),
    path("day/<date:day>/", days.day, name="day"),
    path("day/<date:day>/gaps/", days.gaps, name="gaps"),
    path("patients/", finding.patients, name="patients"),
    path("patients/new/", patients.register, name="register"),
    path("patients/<uuid:uid>/", patients.patient, name="patient"),
    path("patients/<uuid:uid>/details/", patients.correct, name="correct"),
    path("patients/<uuid:uid>/book/", booking.book, name="book"),
    path("patients/<uuid:uid>/links/", links.new_link, name="new-link"),
    path("patients/<uuid:uid>/calendars/", links.new_calendar, name="new-calendar"),
    path("patients/<uuid:uid>/<str:kind>/<uuid:link>/end/", links.revoke, name="revoke"),
    path("patients/<uuid:uid>/merge/", merging.choose, name="merge"),
    path("patients/<uuid:uid>/merge/<uuid:other>/", merging.compare, name="merge-with"),
    path("merges/<uuid:uid>/undo/", merging.undo, name="undo-merge"),
    path("help/", help.show, name="help"),
    path("again/", resending.send_again, name="send-again"),
    path("keys/", preferences.shortcuts, name="shortcuts"),
    path("language/", preferences.language, name="language"),
    path("here/", preferences.here, name="here"),
    path("proposals/<uuid:uid>/<int:plan>/<int:number>/", choices.choice, name="choice"),
    path("proposals/<uuid:uid>/release/", links.release, name="release"),
    path("courses/<uuid:uid>/", courses.booked, name="booked"),
    path("courses/<uuid:uid>/undo/", courses.undo, name="undo"),
    path("courses/<uuid:uid>/decisions/", decisions.decisions, name="decisions"),
    path("courses/<uuid:uid>/follow-ups/<int:position>/", follow_ups.follow_up, name="follow-up"),
    path("courses/<uuid:uid>/decide/", decisions.decide, name="decide"),
    path("courses/<uuid:uid>/change/", course_changes.change, name="change-course"),
    path("courses/<uuid:uid>/cancel/", courses.cancel, name="cancel"),
    path("repairs/<uuid:uid>/", make_ups.changed, name="repair"),
    path("capacity/", capacity.capacity, name="capacity"),
    path("capacity/figures/", figures.went, name="figures"),
    path("capacity/tables/<slug:name>/", tables.table, name="table"),
    path("risks/", risks.risks, name="risks"),
    path("todo/", todo.todo, name="todo"),
    path("todo/count/", todo.count, name="todo-count"),
    path("patients/<uuid:uid>/refer/", referrals.refer, name="refer"),
    path("waiting/", waiting.waiting, name="waiting"),
    path("what-if/", what_if.ask, name="ask-what-if"),
    path("what-if/<uuid:uid>/", what_if.show, name="what-if"),
    path("what-if/<uuid:uid>/stop/", what_if.stop, name="stop-what-if"),
    path("admissions/<uuid:uid>/", admissions.show, name="admission"),
    path("admissions/<uuid:uid>/progress/", admissions.progress, name="admission-progress"),
    path("admissions/<uuid:uid>/stop/", admissions.stop, name="stop-admission"),
    path("admissions/<uuid:uid>/hold/", admissions.hold, name="hold-admission"),
    path("referrals/<uuid:uid>/<slug:step>/", referrals.act, name="referral"),
    path("setup/", include("clinic.frontdesk.setup.urls")),
    path("messages/", messages.overview, name="messages"),
    path("messages/texts/", message_texts.texts, name="texts"),
    path("messages/rules/", message_texts.rules, name="message-rules"),
    path("messages/<int:pk>/<slug:step>/", messages.settle, name="message"),
    path("tasks/<uuid:uid>/done/", messages.done, name="task-done"),
    path("patients/<uuid:uid>/letter/", messages.letter, name="letter"),
    path("sessions/<uuid:uid>/", sessions.session, name="session"),
    path("sessions/<uuid:uid>/make-up/", make_ups.make_up, name="make-up"),
    path("sessions/<uuid:uid>/move/", sessions.move, name="move"),
    path("sessions/<uuid:uid>/status/", day_acts.set_status, name="status"),
    path("disruptions/", disruptions.disruptions, name="disruptions"),
    path("disruptions/new/", disruptions.report, name="report"),
    path("disruptions/<uuid:uid>/", disruptions.show, name="disruption"),
    path("disruptions/<uuid:uid>/calls/", disruptions.call_list, name="call-list"),
    path("disruptions/<uuid:uid>/plan/", disruptions.propose, name="replan"),
    path("disruptions/<uuid:uid>/withdraw/", disruptions.withdraw, name="withdraw"),
    path("replans/<uuid:uid>/apply/", replans.apply, name="apply-replan"),
    path("replans/<uuid:uid>/undo/", replans.undo, name="undo-replan"),
    path("replans/<uuid:uid>/progress/", replans.progress, name="search-progress"),
    path("replans/<uuid:uid>/stop/", replans.stop, name="stop-search"),
]
