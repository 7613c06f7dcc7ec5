"""The calendar feeds: read by programs, which have no cookies, follow no sign-in page and come back all day."""

from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from clinic.models import Session
from clinic.selectors.calendar import calendar_sessions, staff_sessions
from clinic.services import access, staff_calendars

from .calendar import NAME, STAFF_NAME, Told, calendar_tag, calendar_text, told_to_patient, told_to_staff

HEADERS = {"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
GONE = "This calendar address does not work. Please make a new one on your schedule page, or ask the clinic.\n"


@require_safe
def calendar(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Answer with a calendar, or with "not modified"; a wrong and a revoked address look alike."""
    now = timezone.now()
    if patient := access.patient_of_calendar(secret, now):
        with translation.override(patient.wishes.language if hasattr(patient, "wishes") else "en"):
            return _answer(request, calendar_sessions(patient, now), told_to_patient, NAME)
    if calendar := staff_calendars.calendar_at(secret, now):
        with translation.override("en"):
            return _answer(request, staff_sessions(calendar, now), told_to_staff, STAFF_NAME)
    gone = HEADERS | {"Cache-Control": "no-store"}
    return HttpResponse(GONE, status=404, content_type="text/plain; charset=utf-8", headers=gone)


def _answer(
    request: HttpRequest, sessions: Sequence[Session], tell: Callable[[Session], Told], name: str
) -> HttpResponseBase:
    """Build the calendar only for a program that has not got it yet."""
    etag = f'"{calendar_tag(sessions, tell)}"'
    headers = HEADERS | {
        "Cache-Control": "private, max-age=300",
        "ETag": etag,
        "Content-Disposition": 'inline; filename="appointments.ics"',
    }
    answer = HttpResponse(content_type="text/calendar; charset=utf-8", headers=headers)
    unchanged = get_conditional_response(request, etag=etag, response=answer)
    if unchanged is not None and unchanged is not answer:
        return unchanged
    answer.content = calendar_text(sessions, tell, name)
    return answer
