"""The keys of other systems: made and shown once, found by their hash, revoked."""

import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from clinic.models import ApiClient, Site
from clinic.models.access import hashed, living

SCOPES = {
    "patients:read": "read patients",
    "patients:write": "register patients and change their details",
    "protocols:read": "read the clinic's protocols",
    "courses:read": "read courses, and try out plans without booking",
    "courses:write": "book and cancel courses",
    "sessions:read": "read sessions and find openings for them",
    "sessions:write": "move sessions",
    "disruptions:read": "read disruptions and replans, and try them out",
    "disruptions:write": "report disruptions, and apply or undo replans",
}
TOKEN_START = "mtn_"
USE_IS_NOTED_EVERY = timedelta(minutes=5)


class UnknownScope(ValueError):
    """A scope that does not exist."""


def create(
    *, name: str, scopes: Iterable[str], sites: Iterable[Site], now: datetime, expires_at: datetime | None = None
) -> tuple[ApiClient, str]:
    """Create a client and return it with its token, which is stored as a hash only and never shown again."""
    wanted = sorted(set(scopes))
    if unknown := [scope for scope in wanted if scope not in SCOPES]:
        raise UnknownScope(f"There is no scope {unknown[0]!r}. The scopes are: {', '.join(SCOPES)}.")
    token = TOKEN_START + secrets.token_urlsafe(32)
    with transaction.atomic():
        client = ApiClient.objects.create(
            name=name,
            label=name,
            prefix=token[:12],
            token_hash=hashed(token),
            scopes=wanted,
            created_at=now,
            expires_at=expires_at,
        )
        client.sites.set(sites)
    return client, token


def client_of(token: str, *, now: datetime) -> ApiClient | None:
    """Find the client of a token, unless it has expired or was revoked, and note that it was used."""
    client = ApiClient.objects.filter(living(now), token_hash=hashed(token)).prefetch_related("sites").first()
    if client and (client.last_used_at is None or client.last_used_at <= now - USE_IS_NOTED_EVERY):
        ApiClient.objects.filter(pk=client.pk).update(last_used_at=now)
    return client


def revoke(uid: uuid.UUID, *, now: datetime) -> bool:
    """End a client's access at once; return False when there is no such living client."""
    return bool(ApiClient.objects.filter(uid=uid, revoked_at=None).update(revoked_at=now))
