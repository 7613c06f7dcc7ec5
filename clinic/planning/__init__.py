"""The only bridge between rows and the scheduler's values."""

from scheduler import FREES_ITS_PLACE

from .clinics import public_holidays, with_closures
from .horizon import horizon, horizon_from
from .ids import site_id, site_pk
from .loading import load
from .plans import plan_data, plan_value, reason_values, reasons_data
from .protocols import protocol_definition, protocol_value
from .requests import InvalidRequest, request_value
from .sessions import place_columns, session_columns, session_value

__all__ = [
    "FREES_ITS_PLACE",
    "InvalidRequest",
    "horizon",
    "horizon_from",
    "load",
    "place_columns",
    "plan_data",
    "plan_value",
    "protocol_definition",
    "protocol_value",
    "public_holidays",
    "reason_values",
    "reasons_data",
    "request_value",
    "session_columns",
    "session_value",
    "site_id",
    "site_pk",
    "with_closures",
]
