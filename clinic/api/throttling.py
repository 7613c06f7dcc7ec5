"""A limit a minute for each client, counted in the cache that all processes share."""

import time

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

REQUESTS = 600
SECONDS = 60


class WindowThrottle(BaseThrottle):
    """Count the requests of a client in the current minute; requests at the same instant may count as one."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Tell whether the client still has requests in this minute."""
        window, passed = divmod(int(time.time()), SECONDS)
        self.rest = SECONDS - passed
        key = f"api:{request.auth.pk}:{window}"
        count = cache.get(key, 0) + 1
        cache.set(key, count, timeout=2 * SECONDS)
        view.limit = {  # type: ignore[attr-defined]  # every view here is an Operation
            "RateLimit-Policy": f'"client";q={REQUESTS};w={SECONDS}',
            "RateLimit": f'"client";r={max(REQUESTS - count, 0)};t={self.rest}',
        }
        return count <= REQUESTS

    def wait(self) -> float:
        """Return how long until the next minute."""
        return self.rest
