"""Every page of the desk in Spanish: whatever a member of staff reads there is in their language, but for data."""

import html
import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import DeskTask, Disruption, Merge, Repair
from clinic.models.contacts import TaskKind
from clinic.services import access, booking, waiting_list
from clinic.services.audit import Actor
from scheduler import FollowUp, Phase, Visit, VisitKind

from .builders import (
    NOW,
    at,
    make_chair,
    make_course,
    make_patient,
    make_prescriber,
    make_protocol,
    make_recipe,
    make_session,
    make_site,
    make_technician,
    make_user,
)
from .pages import page_of

pytestmark = pytest.mark.usefixtures("clock")

ENGLISH = re.compile(
    r"\b(the|and|of|with|without|is|are|was|this|that|sessions?|patients?|days?|weeks?|chairs?|not|from|until|book|"
    r"booked|for|to|at|by|technicians?|prescribers?|clinics?|held|today|tomorrow|here|there|when|nobody|nothing|"
    r"monday|tuesday|wednesday|thursday|friday|november|december|minutes|hours?|free|call|fits?|later|earlier|"
    r"messages?|courses?|none|new|now|save|name|phone|move|cancel|late|arrived|waiting|first|last|next|open|closed)\b",
    re.IGNORECASE,
)
SPOKEN = re.compile(r'\b(?:aria-label|placeholder|title|alt|data-offline|data-broken|data-close)="([^"]*)"')
# Hours as they are typed, placeholders and addresses.
DATA = re.compile(r"{\w+}|https?:\S+|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b(?:-\w{3})? \d\d:\d\d-\d\d:\d\d")
# Said alike in Spanish, or as people type it: the words of commands, and what the parser of follow-ups reads.
AS_IT_IS = ("day 3 dic", "«book»", "«refer»", "«details»", "«merge»", "«register»", "4 weeks, 1 month, 3 months")
CAUSE = {"what": "site", "from_day": "mié 25/11", "until_day": "25/11", "cause": "avería"}
CAUSE |= dict.fromkeys(("from_time", "until_time", "opens", "closes"), "")


@pytest.fixture
def site(db):
    """A clinic whose data is in Spanish."""
    return make_site(name="Clínica del Puerto", public_name="Salas del Puerto", phone="", holiday_country="")


@pytest.fixture
def marta(site):
    """The browser of Marta, who manages the clinic in Spanish."""
    browser = Client()
    browser.force_login(make_user(site, email="marta@example.org", name="Marta Gil", role="manager", language="es"))
    return browser


@pytest.fixture
def addresses(site, marta):
    """A clinic with something of everything, and where it can be looked at."""
    phase = Phase(name="aguda", visit=Visit(minutes=30, turnaround_minutes=5), sessions=10, per_week_max=5)
    after = FollowUp(name="un mes", visit=Visit(kind=VisitKind.FOLLOW_UP, minutes=20), months=1)
    names = {"slug": "diez", "name": "Diez diarias", "summary": "Diez, cinco por semana", "source": "Manual"}
    protocol = make_protocol(make_recipe(**names, phases=(phase,), follow_ups=(after,)))
    chairs = [make_chair(site, name=f"Sillón {number}", position=number) for number in (1, 2)]
    people = [make_technician(site, name=name) for name in ("Ana Reyes", "Benito Oca")]
    make_prescriber(site, name="Dra. Juana Weiss")
    by, ada = Actor(name="Marta Gil"), make_patient(site, given_name="Ada", family_name="Quiroga")
    eva = make_patient(site, given_name="Eva", family_name="Quiroga", channel="none")
    twin = make_patient(site, given_name="Adela", family_name="Quiroga")
    asked = {"earliest_date": "2026-11-23", "time": "08:30"}
    offer = booking.propose(patient=ada, protocol=protocol, site=site, request=asked, by=by, now=NOW)
    course = booking.book(proposal=offer, plan_kind=offer.plans[0]["kind"], by=by, now=NOW)
    running = make_course(eva, protocol)
    make_session(running, chairs[1], people[1], at("2026-11-20", "08:30"), status="arrived")
    missed = make_session(running, chairs[1], people[1], at("2026-11-19", "08:30"), status="noshow")
    make_session(running, chairs[1], people[1], at("2026-11-24", "12:30"))
    held = booking.propose(patient=eva, protocol=protocol, site=site, request=asked, by=by, now=NOW)
    access.new_patient_link(patient=ada, label="", by=by, now=NOW)
    access.new_calendar_link(patient=ada, label="", by=by, now=NOW)
    DeskTask.objects.create(kind=TaskKind.MOVE, patient=ada, site=site, created_at=NOW)
    waiting_list.refer(patient=twin, protocol=protocol, site=site, request=asked, by=by, now=NOW)
    Merge.objects.create(kept=ada, gone=make_patient(site), moved={}, changed={}, merged_at=NOW)
    repair = Repair.objects.create(course=course, kind="", before={}, after={}, applied_at=NOW, undo_until=NOW)
    marta.post("/disruptions/new/", CAUSE)
    shut = Disruption.objects.get()
    to_come = course.sessions.order_by("starts_at").last()
    desk = (
        *(("day", date(2026, 11, day)) for day in (19, 20, 24)),
        *((name, date(2026, 11, 24)) for name in ("gaps",)),
        *((name,) for name in ("patients", "register", "risks", "waiting", "capacity", "messages", "texts", "help")),
        *((name,) for name in ("disruptions", "report", "shortcuts", "language", "todo", "figures", "what-if")),
        *((name, patient.uid) for name in ("patient", "correct", "book", "refer", "merge") for patient in (ada, eva)),
        *((name, ada.uid) for name in ("letter",)),
        *((name, course.uid) for name in ("booked", "cancel", "change-course", "decisions")),
        *((name, to_come.uid) for name in ("session", "move")),
        *((name, missed.uid) for name in ("session", "make-up")),
        *((name, shut.uid) for name in ("disruption", "call-list")),
        ("merge-with", ada.uid, twin.uid),
        ("choice", held.uid, 0, 2),
        ("repair", repair.uid),
        ("follow-up", running.uid, 0),
    )
    setup = (
        *((name,) for name in ("home", "new-site", "accounts", "people", "protocols", "new-protocol")),
        *((name, site.uid) for name in ("site", "chairs", "rota", "time-off")),
        *(("people-of", kind) for kind in ("technician", "prescriber")),
        ("chair", chairs[0].uid),
        ("person", "technician", people[0].uid),
        ("protocol", protocol.slug),
    )
    account = ("account_change_password", "mfa_index", "usersessions_list", "account_logout")
    return [
        *(reverse(f"frontdesk:{name}", args=args) for name, *args in desk if name != "what-if"),
        *(reverse(f"frontdesk:setup:{name}", args=args) for name, *args in setup),
        *(reverse(name) for name in account),
        *("/nowhere/", "/patients/?q=zzz", "/patients/?q=quiroga", "/day/2026-11-24/?go=nunca"),
    ]


def english_on(answer):
    """Return the lines of a page that are not Spanish; data has no language."""
    page = re.sub(r"<(script|style|datalist)\b.*?</\1>", "", page_of(answer), flags=re.DOTALL)
    page = re.sub(r'<select[^>]*name="holiday_country".*?</select>', "", page, flags=re.DOTALL)
    page = re.sub(r'<div class="catalogue">.*?</div>', "", page, flags=re.DOTALL)
    for text in (*SPOKEN.findall(page), *re.split(r"<[^>]*>", page)):
        line = DATA.sub("", " ".join(html.unescape(text).split()))
        for words in AS_IT_IS:
            line = line.replace(words, "")
        if ENGLISH.search(line):
            yield line


def test_no_page_of_the_desk_says_anything_in_english_to_whoever_chose_spanish(marta, addresses):
    english = {}
    for address in addresses:
        answer = marta.get(address, follow=True)
        assert answer.status_code in (200, 404), address
        assert '<html lang="es">' in page_of(answer), address
        english[address] = list(english_on(answer))

    assert {address: lines for address, lines in english.items() if lines} == {}
