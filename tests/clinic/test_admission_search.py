"""A worker plans the waiting list together while the desk looks at a first answer."""

from datetime import timedelta

import pytest
from django.core import mail

from clinic.models import Admission, Chair, OutboundMessage, Proposal, Referral
from clinic.services import admission, admission_search, booking, outbox, waiting_list

from .builders import NOW, make_patient

pytestmark = pytest.mark.usefixtures("clinic")
HELD = timedelta(seconds=185)


@pytest.fixture
def people(clinic, protocol, by):
    """Sixteen people, more than a page plans together at once."""
    request = {"earliest_date": "2026-11-23"}
    return [
        waiting_list.refer(
            patient=make_patient(clinic, email=f"p{number}@example.org"),
            protocol=protocol,
            site=clinic,
            request=request,
            by=by,
            now=NOW,
        )
        for number in range(16)
    ]


@pytest.fixture
def begun(clinic, people, by, monkeypatch):
    """There was time for four of them at first."""
    monkeypatch.setattr(admission, "SECONDS", 0)
    return admission_search.start(site=clinic, by=by, now=NOW)


def hold(row, by, revision=None, now=NOW):
    return waiting_list.offer_as_shown(admission=row, revision=revision, by=by, now=now)


def test_a_long_list_has_an_answer_at_once_for_the_first_of_it(begun):
    places = admission_search.places_of(begun, NOW)

    assert [place.fits for place in places] == [True] * 4 + [False] * 12
    assert [place.is_planned for place in places] == [True] * 4 + [False] * 12
    assert begun.is_searching
    assert not Proposal.objects.exists()


def test_a_worker_plans_everybody_and_says_when_nobody_could_do_better(begun):
    assert admission_search.improve_due(now=NOW, seconds=2)

    begun.refresh_from_db()
    assert all(place.fits for place in admission_search.places_of(begun, NOW))
    assert (begun.revision, begun.is_proven, begun.is_searching, begun.lease_until) == (2, True, False, None)
    assert not admission_search.improve_due(now=NOW)


def test_what_a_worker_found_is_held_as_shown_and_each_is_asked_to_call(begun, by, clinic):
    admission_search.improve_due(now=NOW, seconds=2)
    begun.refresh_from_db()

    held, lost = hold(begun, by, revision=2)

    assert (len(held), lost) == (16, [])
    assert Referral.objects.standing(NOW).in_state("offered").count() == 16
    outbox.deliver_due(NOW + HELD, limit=50)
    assert len(mail.outbox) == 16


def test_an_answer_that_is_not_the_one_that_was_seen_is_not_held(begun, by):
    with pytest.raises(booking.StaleVersion):
        hold(begun, by, revision=9)

    assert not Proposal.objects.exists()


def test_a_worker_leaves_an_answer_alone_that_is_held(begun, by):
    hold(begun, by)

    assert not admission_search.improve_due(now=NOW)
    with pytest.raises(booking.NotPossible, match="held already"):
        hold(begun, by)


def test_a_search_that_is_stopped_meanwhile_changes_nothing(begun, by, monkeypatch):
    plan = admission.Intake.together

    def stopped(*args, **options):
        admission_search.stop_search(admission=begun, by=by, now=NOW)
        return plan(*args, **options)

    monkeypatch.setattr(admission.Intake, "together", stopped)
    admission_search.improve_due(now=NOW, seconds=2)

    begun.refresh_from_db()
    assert (begun.revision, begun.search_seconds) == (1, 0)


def test_a_worker_that_is_stopped_is_told_so_within_a_second(begun, by, monkeypatch):
    ticks = iter([0.0, 0.5, 0.6, 1.6, 1.7, 2.8, 2.9, 3.0])
    monkeypatch.setattr(admission_search, "monotonic", lambda: next(ticks))
    left = admission_search._watched(begun, 10)

    assert left() == 10 - 0.6
    admission_search.stop_search(admission=begun, by=by, now=NOW)

    assert left() == 0


def test_a_worse_answer_never_takes_the_place_of_a_better_one(begun):
    Admission.objects.update(worth=[99, 99, 0], revision=5)
    begun.refresh_from_db()

    admission_search.improve_due(now=NOW, seconds=1)

    begun.refresh_from_db()
    assert begun.revision == 5


@pytest.fixture
def shown(begun, clinic, monkeypatch):
    """Everybody has a plan by now."""
    monkeypatch.setattr(admission, "STEPS", 0)
    places, _ = admission.gather(site=clinic, now=NOW).together(seed=0, left=lambda: 1.0)
    admission_search._keep(begun, places, begun.seen, True, NOW)
    return Admission.objects.get()


def test_when_the_diary_changed_a_worse_answer_does_not_replace_one_that_still_stands(shown, clinic):
    worse = admission.gather(site=clinic, now=NOW).at_once()

    admission_search._keep(shown, worse, shown.seen + 1, False, NOW)

    kept = Admission.objects.get()
    assert (kept.answer, kept.worth, kept.revision) == (shown.answer, [16, *shown.worth[1:]], shown.revision)
    assert (kept.seen, kept.is_proven) == (shown.seen + 1, False)


def test_whoever_lost_a_time_to_the_diary_loses_the_plan_and_the_others_keep_theirs(shown, by, clinic, protocol):
    lost = admission_search.places_of(shown, NOW)[-1]
    chair = Chair.objects.get(pk=lost.plan.sessions[0].chair)
    fixed = [{"start": lost.plan.sessions[0].when.start.isoformat(), "chair": str(chair.uid)}]
    offer = booking.propose(
        patient=make_patient(clinic),
        protocol=protocol,
        site=clinic,
        request={"earliest_date": "2026-11-23", "fixed": fixed},
        by=by,
        now=NOW,
    )
    booking.book(proposal=offer, plan_kind=offer.plans[0]["kind"], by=by, now=NOW)

    admission_search._keep(shown, [], shown.seen + 9, False, NOW)

    kept = admission_search.places_of(Admission.objects.get(), NOW)
    assert not kept[-1].fits
    assert any(place.fits for place in kept)
    assert admission.still_free(kept, clinic, NOW) == [place for place in kept if place.fits]


def test_of_two_workers_only_one_plans(begun):
    Admission.objects.update(lease_until=NOW + timedelta(seconds=30))

    assert not admission_search.improve_due(now=NOW)


def test_a_time_that_was_taken_meanwhile_is_not_held_twice(begun, by, clinic, protocol):
    first = admission_search.places_of(begun, NOW)[0]
    starts = [session.when.start for session in first.plan.sessions]
    request = {"earliest_date": "2026-11-23", "fixed": [{"start": starts[0].isoformat(), "chair": None}]}
    other = make_patient(clinic)
    for _ in range(3):
        offer = booking.propose(patient=other, protocol=protocol, site=clinic, request=request, by=by, now=NOW)
        booking.book(proposal=offer, plan_kind=offer.plans[0]["kind"], by=by, now=NOW)
        other, request = make_patient(clinic), {"earliest_date": "2026-11-23"}

    held, lost = hold(begun, by)

    assert len(held) + len(lost) == 4
    assert lost
    spans = [tuple(span) for proposal in Proposal.objects.filter(course=None, is_kept=True) for span in proposal.holds]
    clashes = [
        (a, b)
        for number, a in enumerate(spans)
        for b in spans[number + 1 :]
        if a[:2] == b[:2] and a[2] < b[3] and b[2] < a[3]
    ]
    assert clashes == []


def test_an_offer_that_is_withdrawn_within_three_minutes_is_never_told(begun, by, people):
    hold(begun, by)
    told = OutboundMessage.objects.filter(template="offered")
    assert told.count() == 4

    waiting_list.withdraw(referral=people[0], by=by, now=NOW)
    waiting_list.decline(referral=people[1], by=by, now=NOW)
    waiting_list.accept(referral=people[2], by=by, now=NOW, tell_patient=False)
    outbox.deliver_due(NOW + HELD, limit=50)

    assert [letter.to for letter in mail.outbox] == [["p3@example.org"]]
    assert sorted(told.values_list("status", flat=True)) == ["cancelled"] * 3 + ["sent"]
