"""The catalogue: schedule shapes as data, each with its source, for a clinic to start from and to change.

None of it is medical advice. A protocol here says how many visits, how long and how far apart, as published or as
clinics describe it; the prescriber sets the protocol of a patient. Chair kinds are plain words ("rtms", "deep",
"pms") that a clinic gives to its chairs.
"""

from scheduler.protocols import Protocol

from .mood import ACCELERATED, DEEP_DEPRESSION, INTERMITTENT, STANDARD_RTMS, THIRTY_DAILY, TWENTY, TWICE_DAILY
from .other import IMPLANTED, MAINTENANCE, MIGRAINE, OCD, SMOKING, WEEKLY_REDETERMINATION
from .pain import (
    CHRONIC_PAIN,
    FIBROMYALGIA,
    FIBROMYALGIA_BLOCKS,
    NEUROPATHIC_PAIN,
    PAIN_RESPONDERS,
    PAIN_TEN_DAILY,
    PMS_DAILY,
    PMS_WEEKLY,
)

ALL: tuple[Protocol, ...] = (
    STANDARD_RTMS,
    THIRTY_DAILY,
    TWENTY,
    INTERMITTENT,
    DEEP_DEPRESSION,
    TWICE_DAILY,
    ACCELERATED,
    NEUROPATHIC_PAIN,
    CHRONIC_PAIN,
    PAIN_TEN_DAILY,
    PAIN_RESPONDERS,
    FIBROMYALGIA,
    FIBROMYALGIA_BLOCKS,
    PMS_DAILY,
    PMS_WEEKLY,
    OCD,
    SMOKING,
    MIGRAINE,
    MAINTENANCE,
    WEEKLY_REDETERMINATION,
    IMPLANTED,
)


def by_slug(slug: str) -> Protocol:
    """Return a protocol of the catalogue; raises KeyError for an unknown slug."""
    return {protocol.slug: protocol for protocol in ALL}[slug]


__all__ = [
    "ACCELERATED",
    "ALL",
    "CHRONIC_PAIN",
    "DEEP_DEPRESSION",
    "FIBROMYALGIA",
    "FIBROMYALGIA_BLOCKS",
    "IMPLANTED",
    "INTERMITTENT",
    "MAINTENANCE",
    "MIGRAINE",
    "NEUROPATHIC_PAIN",
    "OCD",
    "PAIN_RESPONDERS",
    "PAIN_TEN_DAILY",
    "PMS_DAILY",
    "PMS_WEEKLY",
    "SMOKING",
    "STANDARD_RTMS",
    "THIRTY_DAILY",
    "TWENTY",
    "TWICE_DAILY",
    "WEEKLY_REDETERMINATION",
    "by_slug",
]
