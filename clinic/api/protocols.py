"""Protocols: list and read."""

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.selectors import records

from .operations import Operation, Strict
from .shapes import ProtocolOut


class ListProtocols(Operation):
    """Give the current versions of the clinic's protocols, all on one page."""

    scope, summary = "protocols:read", "List protocols"
    is_tagged = True

    class OutputSerializer(serializers.Serializer):
        items = ProtocolOut(many=True)

    def get(self, request: Request) -> Response:
        """Answer with all of them."""
        self.query()
        return self.found({"items": ProtocolOut(records.protocols().filter(is_current=True), many=True).data})


class ReadProtocol(Operation):
    """Give one protocol: its current version, or the one that is asked for."""

    scope, summary = "protocols:read", "Read a protocol"
    is_tagged = True
    OutputSerializer = ProtocolOut

    class QuerySerializer(Strict):
        version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)

    def get(self, request: Request, slug: str) -> Response:
        """Answer with the protocol."""
        version = self.query().get("version")
        wanted = {"is_current": True} if version is None else {"version": version}
        return self.found(ProtocolOut(get_object_or_404(records.protocols(), slug=slug, **wanted)).data)
