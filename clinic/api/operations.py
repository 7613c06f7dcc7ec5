"""What every operation of the API shares: reading strictly, answering with tags, writing once."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.models import ApiClient
from clinic.services.audit import Actor
from clinic.services.idempotency import Answer, once

from .errors import Problem
from .fields import NAMES, reworded
from .throttling import WindowThrottle

KEY = re.compile(r"[!-~]{1,200}")


class Operation(APIView):
    """One operation: a method on an address, with its scope and the shapes that it reads and gives.

    `problems` are the kinds of refusal of its own; those that every operation may give are known to the schema.
    """

    scope: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    success: ClassVar[int] = status.HTTP_200_OK
    problems: ClassVar[tuple[str, ...]] = ()
    QuerySerializer: ClassVar[type[serializers.Serializer] | None] = None
    InputSerializer: ClassVar[type[serializers.Serializer] | None] = None
    OutputSerializer: ClassVar[type[serializers.Serializer] | None] = None
    is_tagged = False
    needs_match = False
    throttle_classes = [WindowThrottle]
    metadata_class = None
    allow: tuple[str, ...] = ()
    limit: Mapping[str, str] = {}
    now: datetime

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Look at the clock once, before anything is asked."""
        self.now = timezone.now()
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Say how many requests are left, once they were counted."""
        final = super().finalize_response(request, response, *args, **kwargs)
        for name, value in self.limit.items():
            final[name] = value
        return final

    @property
    def allowed_methods(self) -> list[str]:
        """Return the methods of the address, not only that of this operation."""
        return list(self.allow) or super().allowed_methods

    @property
    def client(self) -> ApiClient:
        """Return who is calling."""
        assert isinstance(self.request.auth, ApiClient)
        return self.request.auth

    @property
    def actor(self) -> Actor:
        """Return the client as the one who acts, for the record."""
        return Actor.of_client(self.client)

    def query(self) -> Mapping[str, Any]:
        """Read the parameters of the address; those that do not exist are refused."""
        return self._valid(self.QuerySerializer, self.request.query_params.dict())

    def input(self) -> Mapping[str, Any]:
        """Read the body; names that do not exist are refused."""
        return self._valid(self.InputSerializer, self.request.data)

    def found(self, data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """Answer with a tag, or with 304 when the caller has just this."""
        known = tags_in(self.request.headers.get("If-None-Match", ""))
        headers = {"ETag": tag_of(data), "Cache-Control": "private, no-cache", **(headers or {})}
        if self.request.method in ("GET", "HEAD") and (headers["ETag"] in known or "*" in known):
            return Response(status=304, headers=headers)
        return Response(data, status=status, headers=headers)

    def match(self, current: Any) -> None:
        """Refuse a change that does not name the version it changes, or names another than the current one."""
        header = self.request.headers.get("If-Match")
        if header is None:
            raise Problem("if-match-missing", "Read it first, and send its ETag in If-Match.")
        if header.strip() != "*" and tag_of(current) not in tags_in(header):
            raise Problem("stale", "It was changed in the meantime. Read it again, and decide with what it says now.")

    def write(self, act: Callable[[], Answer]) -> Response:
        """Do the work in one transaction; with an Idempotency-Key, once."""
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            with transaction.atomic():
                answer = act()
        elif not KEY.fullmatch(key):
            raise Problem("invalid-request", "An Idempotency-Key has 1 to 200 visible ASCII signs, such as a UUID.")
        else:
            asked = (self.request.method or "", self.request.path, [self.request.data, self._if_match()])
            answer = once(act, client=self.client, key=key, request=asked, now=self.now)
        headers = {**answer.headers, **({"Idempotency-Replayed": "true"} if answer.is_repeated else {})}
        return Response(answer.body, status=answer.status, headers=headers)

    def _if_match(self) -> str:
        return self.request.headers.get("If-Match", "")

    def _valid(self, shape: type[serializers.Serializer] | None, data: Any) -> Mapping[str, Any]:
        if data is None:
            raise serializers.ValidationError(NAMES)
        serializer = (shape or Nothing)(data=data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


class Strict(serializers.Serializer):
    """The base of everything that is read: names that do not exist are refused, not ignored."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reworded(self)

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the fields, which say in our words what is wrong."""
        return {name: reworded(field) for name, field in super().get_fields().items()}

    def to_internal_value(self, data: Any) -> Any:
        """Read the fields after looking for names that do not exist."""
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            names = ", ".join(self.fields) or "none"
            raise serializers.ValidationError({str(unknown[0]): [f"There is no such field. There are: {names}."]})
        return super().to_internal_value(data)


class Nothing(Strict):
    """No parameters and no body."""


def answered(data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Build the answer of a write, with its tag."""
    return Answer(status=status, body=data, headers={"ETag": tag_of(data), **(headers or {})})


def tags_in(header: str) -> list[str]:
    """Read the tags of a header; an answer that was compressed on its way carries our tag as a weak one."""
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


def tag_of(data: Any) -> str:
    """Return the entity tag of a representation."""
    text = json.dumps(data, sort_keys=True, cls=DjangoJSONEncoder)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def address(**by_method: type[Operation]) -> Callable[..., HttpResponseBase]:
    """Build the view of one address, which hands each method to its own operation."""
    allow = tuple(sorted({*by_method, "HEAD"} if "GET" in by_method else by_method))
    views = {method: operation.as_view(allow=allow) for method, operation in by_method.items()}
    if "GET" in views:
        views["HEAD"] = views["GET"]
    any_view = next(iter(views.values()))

    def view(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return views.get(request.method or "", any_view)(request, **kwargs)

    view.csrf_exempt = True  # type: ignore[attr-defined]
    view.cls = next(iter(by_method.values()))  # type: ignore[attr-defined]
    view.initkwargs = {}  # type: ignore[attr-defined]
    view.operations = by_method  # type: ignore[attr-defined]
    return view
