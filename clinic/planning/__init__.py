"""The only bridge between rows and the scheduler's values."""

from .clinics import public_holidays
from .horizon import horizon
from .ids import site_id, site_pk
from .loading import load
from .plans import plan_data, plan_value, reason_values, reasons_data
from .protocols import protocol_definition, protocol_value
from .requests import InvalidRequest, request_value

__all__ = [
    "InvalidRequest",
    "horizon",
    "load",
    "plan_data",
    "plan_value",
    "protocol_definition",
    "protocol_value",
    "public_holidays",
    "reason_values",
    "reasons_data",
    "request_value",
    "site_id",
    "site_pk",
]
