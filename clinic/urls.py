"""Every address: the desk, the patients' pages, the interfaces."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views import defaults

from clinic.api import errors

urlpatterns = [
    path("", include("clinic.frontdesk.urls")),
    path("my/", include("clinic.portal.urls")),
    path("calendar/", include("clinic.feeds.urls")),
    path("replies/", include("clinic.replies.urls")),
    path("api/v1/", include("clinic.api.urls")),
    path("accounts/", include("allauth.urls")),
]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refuses."""
    return _answer(request, 400, defaults.bad_request, exception=exception)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer somebody who may not do this."""
    return _answer(request, 403, defaults.permission_denied, exception=exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an unknown address."""
    return _answer(request, 404, defaults.page_not_found, exception=exception)


def failure(request: HttpRequest) -> HttpResponse:
    """Answer when something went wrong; the log has the rest."""
    return _answer(request, 500, defaults.server_error)


def _answer(request: HttpRequest, status: int, page: Any, **values: Any) -> HttpResponse:
    """Answer a program with a problem document and a person with a page."""
    return errors.answer(status) if request.path.startswith("/api/") else page(request, **values)


handler400, handler403, handler404, handler500 = bad_request, not_allowed, not_found, failure
