"""Changing single sessions at the desk: in a proposal, and in a course that is booked."""

import re

import pytest
from django.urls import reverse

from clinic.models import Proposal, Session

from .builders import at
from .pages import HTMX, confirm, page_of


def test_one_session_is_put_elsewhere_and_the_rest_adapts(ask, asked, desk, site):
    ask(asked)
    proposal = Proposal.objects.get()
    panel = page_of(desk.get(reverse("frontdesk:choice", args=[proposal.uid, 0, 3]), headers=HTMX))
    other = re.search(r'class="alt" form="book" name="do" value="(fix:[^"]+)"', panel)[1]

    answer = ask(asked | {"do": other}, headers=HTMX)

    start = other.removeprefix("fix:").partition("|")[0]
    newest = Proposal.objects.latest("created_at", "pk")
    assert newest.request["fixed"][0]["start"] == start
    assert start in [item["starts_at"] for item in newest.plans[0]["sessions"]]
    assert len([item for item in newest.plans[0]["sessions"] if item["kind"] != "follow-up"]) == 10
    assert f'value="unfix:{start}"' in page_of(answer)


def test_a_fixed_session_is_kept_and_let_go(ask, asked, desk):
    ask(asked)
    proposal = Proposal.objects.get()
    panel = page_of(desk.get(reverse("frontdesk:choice", args=[proposal.uid, 0, 3]), headers=HTMX))
    keep = re.search(r'name="do" value="(fix:[^"]+\|)">', panel)[1]
    fixed = page_of(ask(asked | {"do": keep}))
    value = re.search(r'name="fixed" value="([^"]+)"', fixed)[1]

    again = ask(asked | {"fixed": value, "time": "14:00"})
    assert value.partition("|")[0] in str(Proposal.objects.latest("created_at", "pk").plans[0])

    ask(asked | {"fixed": value, "do": f"unfix:{value.partition('|')[0]}"})
    assert again.status_code == 200
    assert Proposal.objects.latest("created_at", "pk").request["fixed"] == []


def test_a_day_is_skipped_and_used_again(ask, asked):
    page = page_of(ask(asked | {"do": "skip:2026-11-25"}))
    newest = Proposal.objects.latest("created_at", "pk")

    assert "Wed 25 Nov skipped" in page
    assert not [item for item in newest.plans[0]["sessions"] if item["starts_at"].startswith("2026-11-25")]

    ask(asked | {"skipped": "2026-11-25", "do": "unskip:2026-11-25"})
    assert Proposal.objects.latest("created_at", "pk").request["skipped"] == []


def test_the_panel_of_a_session_is_a_page_without_script(ask, asked, desk):
    ask(asked | {"away": "24 Dec", "authorised_until": "1 Mar 2027", "units": "36"})
    proposal = Proposal.objects.get()

    page = page_of(desk.get(reverse("frontdesk:choice", args=[proposal.uid, 0, 2])))
    fields = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
    data = {}
    for name, value in fields:
        data.setdefault(name, []).append(value)
    ask(data | {"do": "skip:2026-11-26"})

    newest = Proposal.objects.latest("created_at", "pk")
    assert newest.request == proposal.request | {"skipped": ["2026-11-26"]}


def test_there_is_no_panel_for_a_session_that_does_not_exist(ask, asked, desk):
    ask(asked)
    uid = Proposal.objects.get().uid

    assert desk.get(reverse("frontdesk:choice", args=[uid, 0, 99])).status_code == 404
    assert desk.get(reverse("frontdesk:choice", args=[uid, 9, 1])).status_code == 404


def test_a_session_is_moved_to_a_free_place(ask, asked, desk, imogen):
    confirm(ask, asked)
    session = Session.objects.get(number=4)
    shown = page_of(desk.get(reverse("frontdesk:session", args=[session.uid])))
    assert "Why here" in shown

    address = reverse("frontdesk:move", args=[session.uid])
    keys = re.findall(r'name="opening" value="([^"]+)"', page_of(desk.get(address)))
    assert keys
    answer = page_of(desk.post(address, {"opening": keys[0], "version": session.version, "why": "bus"}, follow=True))

    moved = Session.objects.get(pk=session.pk)
    assert "now stands on" in answer
    assert moved.starts_at.isoformat() == keys[0].partition("/")[0]
    assert moved.version == session.version + 1
    assert "bus" in answer


def test_a_session_that_cannot_move_there_says_why_and_offers_others(ask, asked, desk):
    confirm(ask, asked)
    session = Session.objects.get(number=4)
    address = reverse("frontdesk:move", args=[session.uid])
    sunday = at("2026-11-29", "09:00").isoformat()

    answers = {
        "": "Choose one of the free places",
        "nonsense": "Choose one of the free places",
        f"{sunday}/": "Nothing has moved",
        f"{at('2026-11-01', '09:00').isoformat()}/": "has passed",
    }

    for opening, sentence in answers.items():
        answer = desk.post(address, {"opening": opening})
        assert answer.status_code == 409
        assert sentence in page_of(answer)
    assert "Somebody else" in page_of(desk.post(address, {"opening": f"{sunday}/", "version": "7"}))
    assert Session.objects.get(pk=session.pk).starts_at == session.starts_at


def test_openings_are_looked_up_from_a_day_that_is_typed(ask, asked, desk):
    confirm(ask, asked)
    address = reverse("frontdesk:move", args=[Session.objects.get(number=4).uid])

    assert "Free from Tuesday 1 December" in page_of(desk.get(address, {"on": "1 dec"}))
    assert "Cannot read" in page_of(desk.get(address, {"on": "soonish"}))


@pytest.mark.parametrize("key", ["junk", "", "9999-12-31T23:59:00+00:00/", "0001-01-01T00:00:00+00:00/"])
def test_a_place_that_was_never_offered_moves_nothing(ask, asked, desk, key):
    confirm(ask, asked)
    session = Session.objects.get(number=4)

    answer = desk.post(reverse("frontdesk:move", args=[session.uid]), {"opening": key, "version": session.version})

    assert answer.status_code == 409
    assert "Choose one of the free places first" in page_of(answer)
