"""The calendar feed: read by programs, which have no cookies, follow no sign-in page and come back all day."""

import hashlib

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from clinic.selectors.calendar import calendar_sessions
from clinic.services import access

from .calendar import calendar_text

HEADERS = {"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
GONE = "This calendar address does not work. Please make a new one on your schedule page, or ask the clinic.\n"


@require_safe
def calendar(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Answer with a patient's calendar, or with "not modified"; a wrong and a revoked address look alike."""
    now = timezone.now()
    patient = access.patient_of_calendar(secret, now)
    if patient is None:
        return HttpResponse(
            GONE, status=404, content_type="text/plain; charset=utf-8", headers=HEADERS | {"Cache-Control": "no-store"}
        )
    text = calendar_text(calendar_sessions(patient, now))
    etag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    answer = HttpResponse(
        text,
        content_type="text/calendar; charset=utf-8",
        headers=HEADERS
        | {
            "Cache-Control": "private, max-age=300",
            "ETag": etag,
            "Content-Disposition": 'inline; filename="appointments.ics"',
        },
    )
    return get_conditional_response(request, etag=etag, response=answer) or answer
