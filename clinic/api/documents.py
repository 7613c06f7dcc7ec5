"""The OpenAPI document, and the pages that people read it on."""

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.html import escape
from django.utils.safestring import mark_safe

from .errors import PROBLEMS, answer
from .schema import openapi

READING = ("GET", "HEAD")
Page = Callable[[HttpRequest], HttpResponse]


def read_only(page: Page) -> Page:
    """Refuse other methods with a problem document, as everywhere under /api."""

    def view(request: HttpRequest) -> HttpResponse:
        return page(request) if request.method in READING else answer(405, {"Allow": ", ".join(READING)})

    return view


@read_only
def schema(request: HttpRequest) -> HttpResponse:
    """Give the OpenAPI document."""
    return JsonResponse(openapi(), content_type="application/vnd.oai.openapi+json", json_dumps_params={"indent": 1})


@read_only
def pages(request: HttpRequest) -> HttpResponse:
    """Show every operation, shape and problem on one page."""
    document = openapi()
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            entry = {**operation, "path": path, "method": method.upper(), **_shapes(operation)}
            entry["description"] = [_marked(part) for part in operation["description"].split("\n\n")]
            groups.setdefault(operation["tags"][0], []).append(entry)
    shapes = [_shape(name, shape) for name, shape in sorted(document["components"]["schemas"].items())]
    problems = [{"kind": kind, "status": status, "title": title} for kind, (status, title) in PROBLEMS.items()]
    values = {"info": document["info"], "groups": groups, "shapes": shapes, "problems": problems}
    return render(request, "api/docs.html", values)


def _shapes(operation: dict[str, Any]) -> dict[str, Any]:
    """Name the shapes that an operation reads and gives."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    answers = [
        {
            "status": status,
            "text": _marked(answer.get("description", "")),
            "shape": next((_type(media["schema"]) for media in answer.get("content", {}).values()), ""),
        }
        for status, answer in operation["responses"].items()
    ]
    parameters = [
        {**one, "type": _type(one["schema"]), "description": _marked(one.get("description", ""))}
        for one in operation.get("parameters", [])
    ]
    return {"body": _type(body) if body else "", "answers": answers, "parameters": parameters}


def _shape(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """List the fields of a shape."""
    needed = schema.get("required", [])
    fields = [
        {
            "name": field,
            "type": _type(kind),
            "is_required": field in needed,
            "text": _marked(kind.get("description", "")),
        }
        for field, kind in schema.get("properties", {}).items()
    ]
    return {**schema, "name": name, "fields": fields, "description": _marked(schema.get("description", ""))}


def _marked(text: str) -> str:
    """Escape a text, and set what stands between backticks as code."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)))


def _type(schema: dict[str, Any]) -> str:
    """Say in a few words what a schema holds; the name of a shape stands for itself."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    for joined in ("allOf", "oneOf", "anyOf"):
        if joined in schema:
            return " or ".join(_type(part) for part in schema[joined])
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    kinds = schema.get("type", "anything")
    text = " or ".join(kinds) if isinstance(kinds, list) else kinds
    return f"{text} ({schema['format']})" if "format" in schema else text
