"""Who is calling: a token in the Authorization header, and what it opens."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from clinic.models import ApiClient
from clinic.services import api_clients

if TYPE_CHECKING:
    from rest_framework.views import APIView


class TokenAuthentication(BaseAuthentication):
    """Read `Authorization: Bearer mtn_...`; tokens in addresses are never read."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiClient] | None:
        """Return the client of the token, or None when no token was sent."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        client = api_clients.client_of(token.strip(), now=timezone.now()) if scheme.lower() == "bearer" else None
        if client is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked. Ask the clinic for a new one.")
        return AnonymousUser(), client

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, which makes the refusal a 401."""
        return 'Bearer realm="Metronome"'


class HasScope(BasePermission):
    """Let a client do what the scopes of its token name; an operation without a scope is open to every client."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Tell whether the token has the scope of the operation."""
        scope = getattr(view, "scope", "")
        self.message = f"This token lacks the scope {scope!r}. Ask the clinic for one that has it."
        return isinstance(request.auth, ApiClient) and (not scope or scope in request.auth.scopes)
