"""What a page shows of a search that a worker goes on with: how far it is, and whether there is a better answer."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from clinic.models import Admission, Replan

from .staff import StaffRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Hold how a search stands beside the answer that a page shows, and the addresses to look again and to stop it."""

    searched: int
    seconds: int
    is_on: bool
    is_newer: bool
    page: str
    again: str
    stop: str


def search_of(row: Replan | Admission, page: str, *, is_open: bool, shown: int | None = None) -> Search:
    """Tell how the search for a better answer stands; `shown` is the revision that the page has."""
    names = ("search-progress", "stop-search") if isinstance(row, Replan) else ("admission-progress", "stop-admission")
    again, stop = (reverse(f"frontdesk:{name}", args=[row.uid]) for name in names)
    return Search(
        searched=min(row.searched_seconds, row.search_seconds),
        seconds=row.search_seconds,
        is_on=row.is_searching and is_open,
        is_newer=shown is not None and shown != row.revision,
        page=page,
        again=f"{again}?{urlencode({'shown': row.revision if shown is None else shown})}",
        stop=stop,
    )


def answered(request: StaffRequest, row: Replan | Admission, page: str, *, is_open: bool) -> HttpResponse:
    """Answer a page that looks again by itself."""
    search = search_of(row, page, is_open=is_open, shown=revision(request.GET.get("shown", "")))
    return render(request, "frontdesk/_searched.html", {"search": search, "is_again": True})


def revision(text: str) -> int | None:
    """Read which answer somebody has seen; None when they do not say."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None
