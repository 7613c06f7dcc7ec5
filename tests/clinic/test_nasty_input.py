"""No page answers bad input with a failure: every address of the doors is sent nonsense in every field of its forms."""

import re
from itertools import product
from uuid import uuid4

import pytest
from django.core import signing
from django.core.cache import cache
from django.test import Client
from django.urls import get_resolver

from clinic.models import Absence, Closure, MessageRules, OutboundMessage
from clinic.models.people import Role
from clinic.selectors.setup.overview import STEPS
from clinic.selectors.what_if import Question
from clinic.services import (
    access,
    admission_search,
    attendance,
    booking,
    desk_tasks,
    disruption,
    letters,
    merging,
    repair,
    waiting_list,
    what_if,
)
from scheduler import Phase, Visit

from .builders import NOW, at, make_chair, make_patient, make_protocol, make_recipe, make_site, make_user
from .nonsense import Walk

DOORS = ("frontdesk", "portal", "replies", "feeds")
SERVICE = {
    "/replies/text/": ("From", "Body", "MessageSid"),
    "/replies/report/": ("MessageSid", "MessageStatus", "ErrorCode"),
}
VALUES = 1  # for each field of each form; more take minutes
WRONG = {
    "int": ("9" * 30, "9" * 5_000, "%D9%A3"),
    "date": ("0001-01-01", "9999-12-31", "2026-02-30"),
    "slug": ("x" * 5_000, "-"),
    "str": ("x" * 5_000, "%00", "%ED%A0%80", "%3Cb%3E"),
    "uuid": (uuid4(), "x"),
}


@pytest.fixture
def names(clinic, chairs, technicians, prescriber, margaret, pia, imogen, by, clock):
    """One of everything that an address can name, on Wednesday evening."""
    weekly = Phase(name="weekly", visit=Visit(minutes=30), sessions=4, per_week_max=1, condition="if pain eased")
    protocol = make_protocol(make_recipe(phases=(*make_recipe().phases, weekly)))
    MessageRules.objects.create(site=clinic, notice_hours=24, most_moves=1)

    def wish():
        return {"earliest_date": str(max(clock[0], at("2026-11-23", "00:00")).date()), "time": "08:30"}

    def offer(patient):
        return booking.propose(patient=patient, protocol=protocol, site=clinic, request=wish(), by=by, now=clock[0])

    def missed(patient):
        course = booking.book(proposal=offer(patient), plan_kind="steadiest", by=by, now=NOW)
        course.sessions.filter(number__lt=3).update(status="fulfilled")
        session = course.sessions.get(number=3)
        return attendance.set_status(session=session, status="noshow", by=by, now=session.starts_at)

    session, other_session = missed(margaret), missed(make_patient(clinic))
    clock[0] = now = at("2026-11-25", "18:00")
    way = repair.make_up_ways(session=other_session, now=now)[0]
    made_up = repair.make_up(session=other_session, key=way.key, by=by, now=now)
    data = {"kind": "site", "from": "2026-11-30T00:00:00+00:00", "until": "2026-12-01T00:00:00+00:00"}
    happening = disruption.read_happening(data, site=clinic, now=now)
    shut = disruption.report(happening=happening, by=by, now=now)
    question = Question(a_week=1, mix=((protocol.slug, 1),))
    span = {"starts_at": at("2026-12-28", "00:00"), "ends_at": at("2026-12-29", "00:00")}
    waits = waiting_list.refer(
        patient=make_patient(clinic), protocol=protocol, site=clinic, request=wish(), by=by, now=now
    )
    sister = make_patient(clinic)
    coming = session.course.sessions.get(number=4)
    link, secret = access.new_patient_link(patient=margaret, label="", by=by, now=now)
    feed, feed_secret = access.new_calendar_link(patient=margaret, label="", by=by, now=now)
    return {
        "patients": [margaret.uid, pia.uid],
        "other": [sister.uid],
        "link": [link.uid, feed.uid],
        "proposals": [offer(pia).uid],
        "courses": [session.course.uid],
        "sessions": [session.uid, coming.uid],
        "visits": [coming.uid],
        "follow-ups": [session.course.uid],
        "repairs": [made_up.uid],
        "merges": [merging.merge(kept=pia, gone=make_patient(clinic), by=by, now=now).uid],
        "referrals": [waits.uid],
        "admissions": [admission_search.start(site=clinic, by=by, now=now).uid],
        "disruptions": [shut.uid],
        "replans": [disruption.propose_replan(disruption=shut, strategy="fewest-calls", by=by, now=now).uid],
        "messages": [OutboundMessage.objects.filter(patient=margaret).earliest("pk").pk],
        "tasks": [desk_tasks.ask(patient=margaret, kind="move", key="k", by=by, now=now).uid],
        "sites": [clinic.uid],
        "chairs": [chairs[0].uid],
        "accounts": [imogen.uid],
        "people": [technicians[0].uid, prescriber.uid],
        "technician": [technicians[0].uid],
        "what-if": [what_if.ask(site=clinic, question=question, weeks=1, by=by, now=now).uid],
        "absences": [Absence.objects.create(technician=technicians[0], **span).pk],
        "closures": [Closure.objects.create(site=clinic, **span).pk],
        "kind": ["technician", "prescriber", "links", "phones", "calendars"],
        "step": ["again", "phone", "propose", "offer", "accept", "decline", "authorise", "withdraw"],
        "name": STEPS,
        "slug": [protocol.slug],
        "day": ["2026-11-30"],
        "plan": [0],
        "number": [1],
        "position": [0],
        "token": [signing.dumps(str(margaret.uid), salt=letters.STOP_SALT)],
        "secret": [secret, feed_secret],
    }


@pytest.fixture
def browsers(names, margaret, monkeypatch, caplog):
    """Who asks: an administrator at the desk, Margaret, the text message service, and somebody who sets up a clinic."""
    monkeypatch.setattr("clinic.replies.views.is_signed", lambda request: True)
    caplog.set_level("ERROR", logger="django.request")  # thousands of refusals are not worth a line each
    cache.clear()

    def signed_in(*sites, role=Role.MANAGER):
        client = Client()
        client.force_login(make_user(*sites, role=role))
        return client

    phone, bare = Client(), make_site()
    born = margaret.date_of_birth
    phone.post(f"/my/{names['secret'][0]}/", {"day": born.day, "month": born.month, "year": born.year})
    half = make_site()
    make_chair(half)
    return {
        "/my/": phone,
        "/setup/first/clinic/": signed_in(),
        "/setup/first/chairs/": signed_in(bare),
        "/setup/first/people/": signed_in(half),
        "/": signed_in(role=Role.ADMINISTRATOR),
    }


def routes(patterns, prefix="/"):
    """Return the route of every address below some patterns."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def addresses(route, names):
    """Fill a route: with what is there, and with nonsense in one place at a time."""
    parts = re.split(r"<(\w+):(\w+)>", route)
    texts, kinds, words = parts[::3], parts[1::3], parts[2::3]
    rooms = ["".join(texts[: place + 1]).rstrip("/").rpartition("/")[2] for place in range(len(words))]
    right = [names[word if word in names else room] for word, room in zip(words, rooms, strict=True)]
    wrong = [[*right[:place], WRONG[kind], *right[place + 1 :]] for place, kind in enumerate(kinds)]

    def filled(values):
        for chosen in product(*values):
            yield "".join(f"{text}{value}" for text, value in zip(texts, (*chosen, ""), strict=True))

    return list(filled(right)), [address for values in wrong for address in filled(values)]


def test_whatever_is_sent_to_a_page_it_has_an_answer(names, browsers):
    walk = Walk(lambda address: next(client for start, client in browsers.items() if address.startswith(start)))
    walk.fields |= {("post", address): dict.fromkeys(fields, "1") for address, fields in SERVICE.items()}
    doors = [door for door in get_resolver().url_patterns if getattr(door, "namespace", "") in DOORS]
    filled = [addresses(route, names) for route in routes(doors)]
    pages = [
        sent for sent in product(("get", "post"), [page for right, _ in filled for page in right]) if walk.learn(*sent)
    ]

    for method, address in product(("get", "post"), [address for _, wrong in filled for address in wrong]):
        walk.send(method, address)
    for method, address in pages:
        walk.spoil(method, address, VALUES)

    assert walk.failed == {}
    assert walk.fields["post", f"/patients/{names['patients'][0]}/book/"].keys() >= {"earliest", "av", "do hours"}
