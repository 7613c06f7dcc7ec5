"""The only bridge between rows and the scheduler's values."""

from .protocols import protocol_definition, protocol_value

__all__ = ["protocol_definition", "protocol_value"]
