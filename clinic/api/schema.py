"""The OpenAPI document, made from the operations themselves."""

from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from .errors import MEDIA_TYPE, PROBLEMS
from .operations import Operation, Strict

TAG = 'An entity tag, such as `"5f2c..."`.'
VISIBLE = "^[!-~]{1,200}$"
ALWAYS = (
    "not-signed-in",
    "not-allowed",
    "method-not-allowed",
    "not-acceptable",
    "too-many-requests",
    "failure",
    "busy",
)
WITH_BODY = ("invalid-request", "too-large", "unsupported-media-type")
ON_CHANGE = ("if-match-missing", "stale")
WITH_KEY = ("key-used-before", "request-in-flight")


class ErrorOut(serializers.Serializer):
    """One field that is not right."""

    field = serializers.CharField(help_text="Its path, such as `request.latest_date`.")
    detail = serializers.CharField()


class ReasonInProblemOut(serializers.Serializer):
    """Why: a code for programs, a sentence for people."""

    code = serializers.CharField()
    sentence = serializers.CharField()


class ProblemOut(serializers.Serializer):
    """A problem document (RFC 9457): what is wrong, why, and what can be done."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = ErrorOut(many=True, required=False)  # type: ignore[assignment]  # the framework's is no field
    reasons = ReasonInProblemOut(many=True, required=False)
    alternatives = serializers.ListField(child=serializers.DictField(), required=False)


class OperationSchema(AutoSchema):
    """Describe an operation from what its class says."""

    view: Operation  # type: ignore[override]

    def get_operation_id(self) -> str:
        """Return the name of the class, as programs write it: bookCourse."""
        name = type(self.view).__name__
        return name[0].lower() + name[1:]

    def get_summary(self) -> str:
        """Return what the operation does, in a few words."""
        return self.view.summary

    def get_description(self) -> str:  # type: ignore[override]
        """Return what the operation does, and which scope it needs."""
        scope = f"\n\nScope: `{self.view.scope}`." if self.view.scope else ""
        return f"{type(self.view).__doc__}{scope}"

    def get_tags(self) -> list[str]:
        """Group operations by their thing."""
        return [type(self.view).__module__.rpartition(".")[2]]

    def get_request_serializer(self) -> Any:
        """Return the shape of the body."""
        return self.view.InputSerializer

    def get_response_serializers(self) -> Any:
        """Return the shape of the answer, and every refusal that there may be."""
        found: dict[Any, Any] = {self.view.success: OpenApiResponse(self.view.OutputSerializer, "Done.")}
        if self.method == "GET" and self.view.is_tagged:
            found[304] = OpenApiResponse(None, "What you have is current.")
        by_status: dict[int, list[str]] = {}
        for kind in self._problems():
            by_status.setdefault(PROBLEMS[kind][0], []).append(kind)
        for status, kinds in sorted(by_status.items()):
            text = " ".join(f"`{kind}`: {PROBLEMS[kind][1]}." for kind in kinds)
            found[status, MEDIA_TYPE] = OpenApiResponse(ProblemOut, text)
        return found

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of the address and the headers."""
        parameters: list[Any] = [self.view.QuerySerializer] if self.view.QuerySerializer else []
        parameters += [self._header(name, text, required) for name, text, required in self._headers()]
        if self.view.is_tagged or self._writes():
            parameters.append(
                OpenApiParameter("ETag", str, "header", description=TAG, response=[self.view.success, 304])
            )
        return parameters

    def get_serializer_name(self, serializer: serializers.Serializer, direction: Direction) -> str:
        """Name a shape by its operation and its use: BookCourseInput."""
        return type(serializer).__qualname__.replace(".", "").removesuffix("Serializer")

    def _header(self, name: str, text: str, required: bool) -> OpenApiParameter:
        pattern = None if name == "If-None-Match" else VISIBLE
        return OpenApiParameter(name, str, "header", required=required, description=text, pattern=pattern)

    def _headers(self) -> list[tuple[str, str, bool]]:
        headers = []
        if self.view.is_tagged and self.method == "GET":
            headers.append(("If-None-Match", "The ETag that you have; 304 when it is current.", False))
        if self._writes():
            headers.append(("Idempotency-Key", "Makes repeating safe: the same key gives the first answer.", False))
        if self.view.needs_match:
            headers.append(("If-Match", "The ETag of the version that you change.", True))
        return headers

    def _problems(self) -> list[str]:
        reads_nothing = self.method == "GET" and self.view.QuerySerializer is None
        kinds = [*ALWAYS, "invalid-request", *self.view.problems]
        if not reads_nothing or "{" in self.path:
            kinds.append("not-found")
        if self.method != "GET":
            kinds += WITH_BODY
        if self._writes():
            kinds += WITH_KEY
        if self.view.needs_match:
            kinds += ON_CHANGE
        return list(dict.fromkeys(kinds))

    def _writes(self) -> bool:
        return self.view.scope.endswith(":write")


class StrictShape(OpenApiSerializerExtension):
    """Say of everything that is read that unknown names are refused."""

    target_class = Strict
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        """Return the usual schema, closed."""
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)  # noqa: SLF001, no other way
        return {**schema, "additionalProperties": False}


class TokenScheme(OpenApiAuthenticationExtension):
    """Describe the token in the OpenAPI document."""

    target_class = "clinic.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme."""
        description = "A token that the clinic makes with `manage.py api_client create`. It is shown once."
        return {"type": "http", "scheme": "bearer", "description": description}


def one_operation_a_method(endpoints: list[Any], **kwargs: Any) -> list[Any]:
    """Replace the view of an address by the operations that it hands its methods to."""
    addresses = {path: (pattern, view) for path, pattern, _, view in endpoints if hasattr(view, "operations")}
    return [
        (path, pattern, method, operation.as_view())
        for path, (pattern, view) in addresses.items()
        for method, operation in view.operations.items()
    ]


@cache
def openapi() -> dict[str, Any]:
    """Return the OpenAPI document of version 1."""
    return SchemaGenerator().get_schema(request=None, public=True)
