"""A worker looks for a better replan while one waits."""

from datetime import datetime, timedelta

import pytest
from django.db.models import F

from clinic.models import (
    Replan,
    Site,
)
from clinic.services import disruption
from clinic.services.disruption import solving

from .diaries import assert_diary_is_right


@pytest.fixture
def clumsy(propose):
    """Propose a replan that is more work than it need be."""

    def plan(what):
        replan = propose(what)
        for change in replan.changes.all():
            far = datetime.fromisoformat(change.becomes["starts_at"]) + timedelta(days=1)
            change.becomes["starts_at"] = far.isoformat()
            change.save()
        return replan

    return plan


def test_a_worker_replaces_an_answer_by_one_that_is_less_work(courses, report, clumsy, carry_out, site, now):
    replan = clumsy(report(kind="site"))

    assert disruption.improve_due(now=now, seconds=1)

    replan.refresh_from_db()
    assert (replan.revision, replan.searched_seconds, replan.lease_until) == (2, 1, None)
    assert carry_out(replan, revision=2).refused == {}
    assert_diary_is_right(site, now)


def test_a_worker_leaves_an_answer_alone_that_somebody_works_with(courses, report, clumsy, by, now):
    replan = clumsy(report(kind="site"))

    disruption.stop_search(replan=replan, by=by, now=now)

    assert not disruption.improve_due(now=now, seconds=1)
    replan.refresh_from_db()
    assert replan.revision == 1


def test_a_worker_forgets_what_it_found_when_the_diary_has_changed_meanwhile(
    courses, report, clumsy, monkeypatch, site, now
):
    replan = clumsy(report(kind="site"))

    def meanwhile(*args, **options):
        answer = solving.solve(*args, **options)
        Site.objects.update(diary_version=F("diary_version") + 1)
        return answer

    monkeypatch.setattr("clinic.services.disruption.searching.solve", meanwhile)
    disruption.improve_due(now=now, seconds=1)

    replan.refresh_from_db()
    assert (replan.revision, replan.searched_seconds) == (1, 1)


def test_of_two_workers_only_one_searches(courses, report, propose, now):
    replan = propose(report(kind="site"))
    Replan.objects.filter(pk=replan.pk).update(lease_until=now + timedelta(seconds=30))

    assert not disruption.improve_due(now=now, seconds=1)
