"""How the tests call the API: as another system with a token."""

import json
from typing import Any

from django.test import Client

from clinic.models import Site
from clinic.services import api_clients

from .builders import NOW

PROBLEM = "application/problem+json"


class Caller:
    """Another system: sends JSON with its token."""

    def __init__(self, *sites: Site, scopes: Any = tuple(api_clients.SCOPES), name: str = "billing") -> None:
        self.client, self.token = api_clients.create(name=name, scopes=scopes, sites=sites, now=NOW)
        self.browser = Client(raise_request_exception=False)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request; underscores in the names of headers are dashes."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        sent = {"Authorization": f"Bearer {self.token}", **named}
        data = body if isinstance(body, str | bytes) else json.dumps(body) if body is not None else ""
        return self.browser.generic(method, f"/api/v1/{path}", data, content_type="application/json", headers=sent)


def assert_problem(response: Any, status: int, kind: str) -> dict[str, Any]:
    """Check that an answer is a problem document of a kind, and return it."""
    assert (response.status_code, response["Content-Type"]) == (status, PROBLEM), response.content
    found = response.json()
    assert found["type"] == f"/api/v1/docs/#{kind}"
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    return found
