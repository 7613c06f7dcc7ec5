"""Going on with a running course: the ways that there are, doing one of them, and taking it back."""

from .applying import apply, insist_it_goes_on, undo
from .changes import change, change_ways
from .make_ups import make_up, make_up_ways, place_of
from .ways import NoWay, Way, WayLost, read_request, way_with, ways_on

__all__ = [
    "NoWay",
    "Way",
    "WayLost",
    "apply",
    "change",
    "change_ways",
    "insist_it_goes_on",
    "make_up",
    "make_up_ways",
    "place_of",
    "read_request",
    "undo",
    "way_with",
    "ways_on",
]
