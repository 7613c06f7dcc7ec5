"""One list of what waits for the desk: every kind of it, the next step of each row, and how it empties as one works."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.frontdesk.todo_rows import MOST_SHOWN
from clinic.models import Decision, DeskTask, Disruption, OutboundMessage, Proposal, Referral, Replan, Session
from clinic.selectors.risks import courses_at_risk
from clinic.selectors.todo import todo, waiting_count
from clinic.services import desk_tasks
from scheduler import Phase, Visit

from .builders import NOW, at, make_course, make_patient, make_protocol, make_recipe, make_session, make_user
from .pages import HTMX, page_of

pytestmark = pytest.mark.usefixtures("clock")

PAGE = "/todo/"


@pytest.fixture(autouse=True)
def nobody_has_counted_yet(db):
    cache.clear()


@pytest.fixture
def visit(clinic, margaret, protocol, chairs, technicians):
    """Margaret's session on Tuesday morning."""
    course = make_course(margaret, protocol, status="completed")
    return make_session(course, chairs[0], technicians[0], at("2026-11-24", "09:00"))


@pytest.fixture
def asks(visit, by):
    def ask(kind, words="", session=visit):
        return desk_tasks.ask(
            patient=visit.patient, kind=kind, key=f"test-{kind}", by=by, now=NOW, session=session, words=words
        )

    return ask


def shown(desk, **query):
    return page_of(desk.get(PAGE, query))


def test_when_nothing_waits_the_page_says_what_that_means(desk, clinic):
    page = shown(desk)

    assert "Nothing waits for you." in page
    assert "every message has arrived" in page


def test_who_cannot_come_leads_to_another_time_and_once_moved_only_saying_so_is_left(desk, asks, visit):
    task = asks("cannot-come", "Bus strike")

    before = shown(desk)
    Session.objects.filter(pk=visit.pk).update(updated_at=NOW + timedelta(minutes=1))
    after = shown(desk)
    desk.post(reverse("frontdesk:task-done", args=[task.uid]), {"from": "todo"})

    move = reverse("frontdesk:move", args=[visit.uid])
    assert "Bus strike" in before
    assert f'href="{move}"' in before
    assert f'href="{move}"' not in after
    assert reverse("frontdesk:task-done", args=[task.uid]) in after
    assert "Nothing waits for you." in shown(desk)


def test_saying_done_leads_back_to_the_list_it_was_said_on(desk, asks, site):
    first, second = asks("call"), asks("answer")

    from_here = desk.post(reverse("frontdesk:task-done", args=[first.uid]), {"from": "todo"})
    from_messages = desk.post(reverse("frontdesk:task-done", args=[second.uid]), {"from": "//example.org"})

    assert from_here["Location"] == f"/todo/?site={site.uid}"
    assert from_messages["Location"] == f"/messages/?site={site.uid}"


def test_saying_done_twice_is_no_trouble(desk, asks):
    done = reverse("frontdesk:task-done", args=[asks("call").uid])

    assert [desk.post(done, {"from": "todo"}).status_code for _ in range(2)] == [302, 302]
    assert DeskTask.objects.get().done_at == NOW


def test_times_that_run_out_soon_can_be_booked_or_given_back_from_here(desk, clinic, pia, protocol, by):
    offer = Proposal.objects.create(
        patient=pia, protocol=protocol, site=clinic, request={}, is_kept=True, created_at=NOW, expires_at=NOW
    )
    referral = Referral.objects.create(
        patient=pia, protocol=protocol, site=clinic, request={}, proposal=offer, created_at=NOW, updated_at=NOW
    )
    late = Proposal.objects.create(
        patient=make_patient(clinic, family_name="Later"),
        protocol=protocol,
        site=clinic,
        request={},
        is_kept=True,
        created_at=NOW,
        expires_at=NOW + timedelta(days=4),
    )
    gone = todo(clinic, NOW).held
    Proposal.objects.filter(pk=offer.pk).update(expires_at=NOW + timedelta(hours=5))

    page = shown(desk)

    assert gone == ()
    assert "Until Fri 20 Nov 14:00" in page
    assert reverse("frontdesk:referral", args=[referral.uid, "accept"]) in page
    assert "LATER" not in page
    Proposal.objects.filter(pk=late.pk).update(expires_at=NOW + timedelta(hours=1))
    assert reverse("frontdesk:book", args=[late.patient.uid]) in shown(desk)


def test_times_held_for_a_decision_are_among_them(desk, clinic, margaret, protocol):
    course = make_course(margaret, protocol)
    Decision.objects.create(
        course=course, phase="more", sessions=4, state="held", held_until=NOW + timedelta(days=1), noted_at=NOW
    )

    assert reverse("frontdesk:decisions", args=[course.uid]) in shown(desk)


@pytest.fixture
def shut(desk, courses, clock):
    """The clinic is closed on Wednesday, on which four people have sessions, and a plan is there."""
    empty = dict.fromkeys(("from_time", "until_time", "opens", "closes"), "")
    said = {"what": "site", "from_day": "wed 25/11", "until_day": "25/11", "cause": "burst pipe"}
    desk.post("/disruptions/new/", empty | said)
    return Disruption.objects.get()


def test_a_disruption_stays_until_everybody_is_moved(desk, clinic, shut):
    (left,) = todo(clinic, NOW).disruptions
    replan = Replan.objects.get()
    everybody = {str(uid) for uid in replan.changes.values_list("course__uid", flat=True)}
    before = shown(desk)
    desk.post(f"/replans/{replan.uid}/apply/", {"course": [*everybody], "revision": replan.revision})

    assert (left.has_plan, left.waiting) == (True, 4)
    assert "4 patients still to move" in before
    assert f"/disruptions/{shut.uid}/" in before
    assert todo(clinic, NOW).disruptions == ()


def test_a_plan_that_was_undone_asks_for_another(desk, clinic, shut):
    replan = Replan.objects.get()
    everybody = [str(uid) for uid in replan.changes.values_list("course__uid", flat=True)]
    desk.post(f"/replans/{replan.uid}/apply/", {"course": everybody, "revision": replan.revision})
    desk.post(f"/replans/{replan.uid}/undo/")

    assert "Make a plan" in shown(desk)
    desk.post(f"/disruptions/{shut.uid}/withdraw/")
    assert todo(clinic, NOW).disruptions == ()


def test_what_was_not_delivered_can_be_done_by_phone(desk, clinic, visit):
    message = OutboundMessage.objects.create(
        patient=visit.patient,
        channel="email",
        template="moved",
        key="a",
        due_at=NOW,
        status="failed",
        last_error="The mailbox is full.",
    )

    page = shown(desk)
    desk.post(reverse("frontdesk:message", args=[message.pk, "phone"]), {"from": "todo"})

    assert "The mailbox is full." in page
    assert todo(clinic, NOW).undelivered == ()


@pytest.fixture
def in_danger(clinic, protocol, chairs, technicians):
    """A course that began on Monday 9 November, had four sessions and goes on today."""

    def build(number=0):
        course = make_course(make_patient(clinic), protocol, request={"earliest_date": "2026-11-09"})
        clock = f"{9 + number // 2:02d}:{30 * (number % 2):02d}"
        for day in ("09", "10", "11", "12"):
            make_session(course, None, None, at(f"2026-11-{day}", clock), status="fulfilled")
        for day in ("20", "23", "24", "25", "26", "27"):
            make_session(course, None, None, at(f"2026-11-{day}", "15:00"), status="booked")
        return course

    return build


def test_each_risk_of_a_course_is_in_the_list_where_it_is_worked_on(desk, clinic, in_danger):
    course = in_danger()

    found = todo(clinic, NOW)
    page = shown(desk)

    assert [line.code for row in courses_at_risk(clinic, NOW) for line in row.lines] == [
        "gap-ahead",
        "follow-up-missing",
    ]
    assert [row.course for row in found.at_risk] == [course]
    assert [line.code for _, line in found.by_code["follow-up-missing"]] == ["follow-up-missing"]
    assert found.count == 2
    assert reverse("frontdesk:follow-up", args=[course.uid, 0]) in page
    assert reverse("frontdesk:move", args=[course.sessions.get(number=5).uid]) in page


def test_a_session_nobody_has_noted_leads_to_its_day(desk, clinic, in_danger):
    in_danger().sessions.filter(number=4).update(status="booked")

    assert f"{reverse('frontdesk:day', args=['2026-11-12'])}?site={clinic.uid}" in shown(desk)


def test_a_long_list_shows_its_beginning_and_all_of_it_when_asked(desk, clinic, in_danger):
    for number in range(MOST_SHOWN + 2):
        in_danger(number)

    short, whole = shown(desk), shown(desk, show="follow-ups")

    assert short.count("Book the follow-up") == MOST_SHOWN
    assert "Show 2 more" in short
    assert whole.count("Book the follow-up") == MOST_SHOWN + 2


def queries(site):
    cache.clear()
    with CaptureQueriesContext(connection) as run:
        todo(site, NOW)
    return len(run)


def test_a_long_list_costs_as_many_queries_as_a_short_one(clinic, in_danger, asks, shut):
    in_danger()
    asks("call")
    few = queries(clinic)
    for number in range(1, 6):
        in_danger(number)
    for kind in ("late", "move", "answer", "cannot-come"):
        asks(kind)

    assert queries(clinic) == few <= 22


def test_the_navigation_knows_the_number_and_is_behind_for_a_minute_at_most(desk, clinic, asks):
    count = reverse("frontdesk:todo-count")
    assert page_of(desk.get(count, headers=HTMX)) == ""
    cache.clear()
    task = asks("call")

    assert page_of(desk.get(count, headers=HTMX)) == "1"
    assert f'data-count="{count}"' in page_of(desk.get("/patients/"))
    assert '<b class="count">1</b>' in shown(desk)
    desk.post(reverse("frontdesk:task-done", args=[task.uid]), {"from": "todo"})
    shown(desk)
    assert waiting_count(clinic, NOW) == 0


def test_a_technician_reads_the_list_and_is_offered_nothing_that_is_refused(client, site, asks, visit, shut):
    task = asks("move")
    client.force_login(make_user(site, role="technician"))

    page = page_of(client.get(PAGE))

    assert "OKONJO" in page
    assert reverse("frontdesk:task-done", args=[task.uid]) not in page
    assert "<form" not in page.split('id="asked"')[1]


def test_paul_of_another_clinic_sees_nobody_of_this_one(other_desk, clinic, site, asks, in_danger, shut):
    asks("call", "Please call me")
    in_danger()

    page = page_of(other_desk.get(PAGE))

    assert "Nothing waits for you." in page
    assert page_of(other_desk.get(reverse("frontdesk:todo-count"))) == ""
    for address in (PAGE, reverse("frontdesk:todo-count")):
        assert other_desk.get(address, {"site": str(site.uid)}).status_code == 404


def test_a_decision_that_is_due_is_taken_off_by_noting_it(desk, clinic, pia, chairs, technicians):
    weekly = Phase(name="weekly", visit=Visit(minutes=30), sessions=4, per_week_max=1, condition="if pain eased")
    recipe = make_recipe(slug="responders", follow_ups=())
    protocol = make_protocol(make_recipe(slug="responders", follow_ups=(), phases=(*recipe.phases, weekly)))
    course = make_course(pia, protocol, request={"earliest_date": "2026-11-09"})
    days = ("09", "10", "11", "12", "13", "16", "17", "18", "19", "20")
    for day in days:
        status = "booked" if day == "20" else "fulfilled"
        make_session(course, chairs[1], technicians[1], at(f"2026-11-{day}", "09:30"), status=status)

    assert "Note the decision" in shown(desk)
    desk.post(reverse("frontdesk:decide", args=[course.uid]), {"phase": "weekly", "do": "no"})
    assert "Note the decision" not in shown(desk)
