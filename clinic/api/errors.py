"""Every refusal as a problem document (RFC 9457): what is wrong, why, and what can be done."""

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response

from clinic.services.booking import Busy, InvalidRequest, NothingToBook, NotPossible, StaleVersion
from clinic.services.booking.lock import is_transient
from clinic.services.direct_booking import CourseDoesNotFit, NoSuchPlan
from clinic.services.disruption import InvalidDisruption
from clinic.services.idempotency import KeyUsedBefore, RequestInFlight
from clinic.services.patients import InvalidPatient, PatientExists

from .wording import changes_out, speaker

Row = TypeVar("Row", bound=Model)

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

PROBLEMS: Mapping[str, tuple[int, str]] = {
    "invalid-request": (400, "The request cannot be read as it stands"),
    "not-signed-in": (401, "A valid token is needed"),
    "not-allowed": (403, "The token does not allow this"),
    "not-found": (404, "It is not there, or this token cannot see it"),
    "method-not-allowed": (405, "This address does not do that"),
    "not-acceptable": (406, "The answer is JSON only"),
    "course-does-not-fit": (409, "No plan has room for the whole course"),
    "times-taken": (409, "These times were taken in the meantime"),
    "session-does-not-fit": (409, "The session does not fit there"),
    "patient-exists": (409, "This patient seems to be registered already"),
    "request-in-flight": (409, "The same request is still being worked on"),
    "not-possible": (409, "This cannot be done any more"),
    "stale": (412, "It was changed by somebody else in the meantime"),
    "too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "The request must be JSON"),
    "impossible-request": (422, "The request was understood, but cannot be"),
    "key-used-before": (422, "This Idempotency-Key came with another request before"),
    "if-match-missing": (428, "The request must say which version it changes"),
    "too-many-requests": (429, "Too many requests"),
    "failure": (500, "Something went wrong on our side"),
    "busy": (503, "The clinic's diary is busy"),
}
DESCRIBED = "The addresses and what they read are described at /api/v1/docs/."
WHAT_NEXT = {
    "too-large": f"It may have at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1_000_000:.1f} MB. Send less at once.",
    "failure": "It is written down. Try again later, and tell the clinic when it happens again.",
}
FIRST_OF_STATUS = {status: kind for kind, (status, _) in reversed(tuple(PROBLEMS.items()))}


class Problem(exceptions.APIException):
    """A refusal of one kind, with a sentence and further members such as reasons and alternatives."""

    def __init__(self, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.kind, self.sentence, self.members, self.headers = kind, detail, members, dict(headers or {})
        self.status_code = PROBLEMS[kind][0]


def problem(exception: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer an exception with a problem document; None leaves it to `server_error`."""
    found = _as_problem(exception) or _of_framework(exception, context)
    if found is None:
        return None
    response = Response(document(found), status=found.status_code, content_type=MEDIA_TYPE, headers=found.headers)
    response.exception = True
    return response


def document(found: Problem) -> dict[str, Any]:
    """Write the members of a problem document."""
    status, title = PROBLEMS[found.kind]
    kind = f"/api/v1/docs/#{found.kind}"
    return {"type": kind, "title": title, "status": status, "detail": found.sentence, **found.members}


def answer(status: int, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Answer outside of any operation: an unknown address, a request that Django refuses, a failure."""
    kind = FIRST_OF_STATUS[status]
    found = Problem(kind, f"{PROBLEMS[kind][1]}. {WHAT_NEXT.get(kind, DESCRIBED)}")
    return HttpResponse(json.dumps(document(found)), status=status, content_type=MEDIA_TYPE, headers=headers)


def named(field: str, rows: QuerySet[Row], **wanted: Any) -> Row:
    """Return the row that a field of a request names; the answer says which field it was when there is none."""
    row = rows.filter(**wanted).first()
    if row is None:
        errors = [{"field": field, "detail": "There is none, or this token cannot see it. Look it up first."}]
        raise Problem("not-found", "Something that the request names is not there; see errors.", errors=errors)
    return row


def _as_problem(exception: Exception) -> Problem | None:
    match exception:
        case Problem():
            return exception
        case exceptions.ValidationError():
            errors = list(field_errors(exception.detail))
            return Problem("invalid-request", "Some fields are not right; see errors.", errors=errors)
        case InvalidRequest() | InvalidPatient() | InvalidDisruption():
            start = "request." if isinstance(exception, InvalidRequest) else ""
            errors = [{"field": f"{start}{name}", "detail": text} for name, text in exception.errors.items()]
            return Problem("impossible-request", "Some fields cannot be as they are; see errors.", errors=errors)
        case CourseDoesNotFit():
            return _no_room(exception.plan)
        case NoSuchPlan() | NothingToBook():
            errors = [{"field": "plan", "detail": str(exception) or "There is no such plan. Try the course out first."}]
            return Problem("impossible-request", "This plan cannot be booked; see errors.", errors=errors)
        case PatientExists():
            known = [{"patient": str(exception.patient.uid)}]
            detail = "A patient with this name and date of birth exists. Use that one, or send confirmed: true."
            return Problem("patient-exists", detail, alternatives=known)
        case NotPossible():
            return Problem("not-possible", str(exception) or PROBLEMS["not-possible"][1])
        case StaleVersion():
            return Problem("stale", "It was changed in the meantime. Read it again, and decide with what it says now.")
        case Busy():
            return Problem("busy", "Many bookings come at once. Try again.", headers={"Retry-After": "1"})
        case KeyUsedBefore():
            return Problem("key-used-before", "Send a new Idempotency-Key with a new request.")
        case RequestInFlight():
            detail = "Wait a moment and send it again; it will be done once."
            return Problem("request-in-flight", detail, headers={"Retry-After": "1"})
        case OperationalError() if is_transient(exception):
            logger.warning("The database refused: %s", exception)
            return Problem("busy", "The database is busy. Try again.", headers={"Retry-After": "2"})
        case Http404() | PermissionDenied():
            kind = "not-found" if isinstance(exception, Http404) else "not-allowed"
            return Problem(kind, f"{PROBLEMS[kind][1]}. Check the id in the address, or ask the clinic for the token.")
    return None


def _no_room(plan: Mapping[str, Any]) -> Problem:
    reasons = [reason for item in plan["unplaced"] for reason in item["reasons"]]
    said = speaker()(reasons, ZoneInfo(plan["timezone"]))
    detail = "Nothing was booked: the reasons say why, and alternatives are changes of the request that would help."
    return Problem("course-does-not-fit", detail, reasons=said, alternatives=changes_out(reasons, said))


def _of_framework(exception: Exception, context: Mapping[str, Any]) -> Problem | None:
    """Say in our words what the framework refuses."""
    match exception:
        case RequestDataTooBig():
            return Problem("too-large", f"{PROBLEMS['too-large'][1]}. {WHAT_NEXT['too-large']}")
        case exceptions.MethodNotAllowed():
            does = ", ".join(context["view"].allowed_methods)
            return Problem("method-not-allowed", f"Send one of: {does}. {DESCRIBED}")
        case exceptions.UnsupportedMediaType():
            return Problem("unsupported-media-type", "Send JSON, and the header Content-Type: application/json.")
        case exceptions.NotAcceptable():
            return Problem("not-acceptable", "Accept application/json, or send no Accept header.")
        case exceptions.NotAuthenticated():
            detail = "Send a token in the header “Authorization: Bearer TOKEN”. The clinic makes tokens."
            return Problem("not-signed-in", detail, headers=_headers(exception))
        case exceptions.Throttled():
            headers = _headers(exception)
            detail = f"This token has used up its requests of this minute. Wait {headers['Retry-After']} seconds."
            return Problem("too-many-requests", detail, headers=headers)
        case exceptions.APIException():
            kind = FIRST_OF_STATUS.get(exception.status_code, "failure")
            return Problem(kind, str(exception.detail), headers=_headers(exception))
    return None


def _headers(exception: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if header := getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(exception, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return headers


def field_errors(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Yield each error of a nested answer with the path of its field, such as `authorisation.units`."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            step = path if name == "non_field_errors" else f"{path}.{name}".strip(".")
            yield from field_errors(inner, step)
    elif isinstance(detail, list):
        for item in detail:
            yield from field_errors(item, path)
    else:
        yield {"field": path, "detail": str(detail)}
