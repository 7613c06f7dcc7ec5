"""What patients do on their page: confirm, run late, ask for another time, book a follow-up, say how to be told."""

import re
from datetime import datetime, timedelta
from itertools import combinations

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEntry, Confirmation, ContactWishes, DeskTask, MessageRules, OutboundMessage, Session
from clinic.models.courses import SessionStatus
from clinic.services import access, booking, desk_tasks
from clinic.services.audit import Actor

from .builders import NOW, at, make_course, make_course_of_three, make_patient, make_session

DESK = Actor(name="Imogen")
FRIDAY_MORNING = at("2026-11-20", "07:00")


def signed_in(patient, now):
    client = Client()
    _, secret = access.new_patient_link(patient=patient, label="", by=DESK, now=now)
    born = patient.date_of_birth
    client.post(reverse("portal:open", args=[secret]), {"day": born.day, "month": born.month, "year": born.year})
    return client


@pytest.fixture(autouse=True)
def fresh_cache(db, clock):
    cache.clear()


@pytest.fixture
def course(clinic, margaret, protocol, chairs, technicians):
    return make_course_of_three(margaret, protocol, chairs[0], technicians[0])


@pytest.fixture
def first(course):
    return course.sessions.get(number=1)


@pytest.fixture
def phone(margaret, course, now):
    return signed_in(margaret, now)


@pytest.fixture
def pias_phone(pia, course, now):
    return signed_in(pia, now)


@pytest.fixture
def allowed(site):
    return MessageRules.objects.create(site=site, notice_hours=24, most_moves=1)


def text_of(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def url(name, session):
    return reverse(f"portal:{name}", args=[session.uid])


def test_margaret_says_that_she_will_be_there_and_a_new_time_asks_again(phone, first):
    answer = phone.post(url("confirm", first), follow=True)
    assert "We know that you will be there." in text_of(answer)
    assert "You have said that you will be there." in text_of(answer)
    assert Confirmation.objects.get().at == NOW

    first.starts_at -= timedelta(minutes=10)
    first.save()
    assert "I will be there" in text_of(phone.get("/my/"))


@pytest.mark.parametrize("status", ["cancelled", "noshow", "fulfilled"])
def test_a_visit_that_is_off_cannot_be_confirmed(phone, first, status):
    Session.objects.filter(pk=first.pk).update(status=status)

    assert phone.post(url("confirm", first)).status_code == 404
    assert not Confirmation.objects.exists()


def test_running_late_is_told_on_the_day_only(phone, first, clock):
    assert "on the day" in text_of(phone.post(url("late", first), {"minutes": "10"}, follow=True))
    assert not DeskTask.objects.exists()

    clock[0] = at("2026-11-23", "08:20")
    today = signed_in(first.patient, clock[0])
    assert "Late today?" in text_of(today.get("/my/"))
    assert "Thank you for telling us." in text_of(today.post(url("late", first), {"minutes": "20"}, follow=True))
    today.post(url("late", first), {"minutes": "20"})
    (task,) = DeskTask.objects.all()
    assert (task.kind, task.words, task.session) == ("late", "about 20 minutes", first)
    assert today.post(url("late", first), {"minutes": "4000"}).status_code == 404


def test_where_the_desk_moves_sessions_a_patient_has_four_plain_choices_and_keeps_the_visit(phone, first):
    page = phone.get(url("move", first))
    choices = re.findall(r'name="choice" value="([^"]+)"', page.content.decode())
    assert choices == ["same-day", "other-day", "end", "call"]

    answer = phone.post(url("move", first), {"choice": "same-day", "words": "after\nnoon"}, follow=True)

    assert "Your visit stays as it is until we have found another time with you." in text_of(answer)
    (task,) = DeskTask.objects.all()
    assert (task.kind, task.words) == ("move", "Earlier or later on the same day. after noon")
    first.refresh_from_db()
    assert first.status == SessionStatus.BOOKED
    assert "You have asked us about this visit." in text_of(phone.get(url("move", first)))


def test_who_cannot_come_chooses_another_time_or_asks_and_the_session_is_not_lost(phone, first, course):
    page = phone.get(url("move", first) + "?why=cannot")
    assert "You cannot come" in text_of(page)

    phone.post(url("move", first), {"choice": "call", "why": "cannot"})

    assert DeskTask.objects.get().kind == "cannot-come"
    assert course.sessions.filter(status=SessionStatus.BOOKED).count() == 3


def test_where_the_clinic_allows_it_a_patient_moves_a_session_once(phone, first, course, allowed):
    page = phone.get(url("move", first))
    key, *_ = re.findall(r'name="choice" value="(2026[^"]+)"', page.content.decode())
    version = re.search(r'name="version" value="(\d+)"', page.content.decode())[1]

    answer = phone.post(url("move", first), {"choice": key, "version": version}, follow=True)

    assert "Your visit has moved." in text_of(answer)
    first.refresh_from_db()
    assert first.starts_at.isoformat() == key.partition("/")[0]
    assert OutboundMessage.objects.get().template == "moved"
    assert AuditEntry.objects.filter(action="session moved", actor="patient 10042").count() == 1
    second = course.sessions.get(number=2)
    assert 'value="2026' not in phone.get(url("move", second)).content.decode()
    assert phone.post(url("move", second), {"choice": key}).status_code == 409


def keys_on(answer):
    return re.findall(r'name="choice" value="(2026[^"]+)"', answer.content.decode())


def test_other_times_of_the_day_are_an_hour_away_because_whoever_moves_cannot_come_now(phone, first, course, allowed):
    for session in course.sessions.order_by("number"):
        near = [
            key for key in keys_on(phone.get(url("move", session))) if key.startswith(str(session.starts_at.date()))
        ]
        starts = [session.starts_at, *(datetime.fromisoformat(key.partition("/")[0]) for key in near)]
        assert len(starts) == 3
        assert all(abs(one - other) >= timedelta(hours=1) for one, other in combinations(starts, 2))


def test_a_session_may_be_added_at_the_end_instead_and_the_last_one_may_not(phone, first, course, allowed):
    page = phone.get(url("move", first))
    assert "Add it at the end instead" in text_of(page)
    key = keys_on(page)[-1]

    phone.post(url("move", first), {"choice": key, "version": "0"})

    first.refresh_from_db()
    assert first.starts_at.date() > course.sessions.get(number=3).starts_at.date()
    allowed.delete()
    assert "Add it at the end instead" not in text_of(phone.get(url("move", first)))
    assert "Add it at the end instead" in text_of(phone.get(url("move", course.sessions.get(number=2))))


def test_a_move_is_taken_back_for_three_minutes_and_tells_nobody(phone, first, allowed, clock):
    was = first.starts_at
    key = keys_on(phone.get(url("move", first)))[0]
    page = phone.post(url("move", first), {"choice": key, "version": "0"}, follow=True)
    assert "You can take this back until 9:03am." in text_of(page)

    clock[0] += timedelta(seconds=179)
    answer = phone.post("/my/undo/", follow=True)

    assert "It is as it was before." in text_of(answer)
    first.refresh_from_db()
    assert first.starts_at == was
    assert OutboundMessage.objects.get().status == "cancelled"
    assert "Take" not in text_of(answer)
    assert keys_on(phone.get(url("move", first)))  # what was taken back does not count
    assert "cannot be taken back" in text_of(phone.post("/my/undo/", follow=True))

    phone.post(url("move", first), {"choice": key, "version": "2"})
    phone.post("/my/undo/")
    first.refresh_from_db()
    assert first.starts_at == was  # the second time as well


def test_after_three_minutes_a_move_stands(phone, first, allowed, clock):
    key = keys_on(phone.get(url("move", first)))[0]
    phone.post(url("move", first), {"choice": key, "version": "0"})
    first.refresh_from_db()
    moved = first.starts_at
    clock[0] += timedelta(seconds=181)

    assert "take this back" not in text_of(phone.get("/my/"))
    assert "cannot be taken back" in text_of(phone.post("/my/undo/", follow=True))
    first.refresh_from_db()
    assert first.starts_at == moved


def test_a_move_is_not_taken_back_to_a_time_that_somebody_else_has_now(
    phone, first, allowed, pia, protocol, chairs, technicians, prescriber
):
    was, key = first.starts_at, keys_on(phone.get(url("move", first)))[-1]
    phone.post(url("move", first), {"choice": key, "version": "0"})
    for chair, technician in zip(chairs, technicians, strict=False):
        make_session(make_course(make_patient(pia.site), protocol), chair, technician, was)

    assert "was given to somebody else" in text_of(phone.post("/my/undo/", follow=True))
    first.refresh_from_db()
    assert first.starts_at.isoformat() == key.partition("/")[0]


def test_a_wish_is_taken_back_until_the_desk_has_answered_it(phone, first, clock, imogen):
    phone.post(url("move", first), {"choice": "call", "why": "cannot"})
    phone.post("/my/undo/")
    assert not DeskTask.objects.exists()

    phone.post(url("move", first), {"choice": "call"})
    desk_tasks.done(task=DeskTask.objects.get(), by=Actor.of_user(imogen), now=clock[0])
    assert "cannot be taken back" in text_of(phone.post("/my/undo/", follow=True))
    assert DeskTask.objects.count() == 1


def test_who_asks_again_after_the_desk_has_answered_is_heard_again(phone, first, clock, imogen):
    for times in (1, 2, 3):
        phone.post(url("move", first), {"choice": "other-day"})
        phone.post(url("move", first), {"choice": "other-day"})
        assert DeskTask.objects.filter(done_at=None).count() == 1
        desk_tasks.done(task=DeskTask.objects.get(done_at=None), by=Actor.of_user(imogen), now=clock[0])
        assert DeskTask.objects.count() == times


def test_pia_takes_back_nothing_of_margaret(phone, pias_phone, first):
    phone.post(url("move", first), {"choice": "other-day"})

    pias_phone.post("/my/undo/")

    assert DeskTask.objects.count() == 1


@pytest.mark.parametrize(
    "choice", ["", "nonsense", "2026-11-24T10:00:00+00:00/", "2026-11-23T03:00:00+00:00/1", "\x00"]
)
def test_only_what_was_offered_can_be_chosen(phone, first, allowed, choice):
    answer = phone.post(url("move", first), {"choice": choice, "version": "0"})

    assert answer.status_code in (409, 422)
    assert "Nothing has changed" in text_of(answer)
    first.refresh_from_db()
    assert first.starts_at == at("2026-11-23", "08:30")


def test_a_visit_within_the_notice_is_moved_by_the_desk_only(phone, first, allowed, clock):
    clock[0] = at("2026-11-22", "09:00")
    late = signed_in(first.patient, clock[0])

    assert 'value="2026' not in late.get(url("move", first)).content.decode()
    assert "Please call me" in text_of(late.get(url("move", first)))


def test_a_time_that_somebody_else_took_meanwhile_is_refused_and_others_are_offered(phone, first, allowed, monkeypatch):
    key, *_ = re.findall(r'name="choice" value="(2026[^"]+)"', phone.get(url("move", first)).content.decode())

    def taken(**_):
        raise booking.SessionDoesNotFit([], [])

    monkeypatch.setattr(booking, "move_session", taken)
    answer = phone.post(url("move", first), {"choice": key, "version": "0"})

    assert answer.status_code == 409
    assert "was taken a moment ago" in text_of(answer)


def test_pia_can_do_nothing_with_the_visits_of_margaret(pias_phone, first, course, allowed):
    for name in ("confirm", "late", "move"):
        assert pias_phone.post(url(name, first), {"minutes": "10", "choice": "call"}).status_code == 404
    assert pias_phone.get(url("move", first)).status_code == 404
    assert pias_phone.get(reverse("portal:follow-up", args=[course.uid, 0])).status_code == 404
    assert "23 November" not in text_of(pias_phone.get("/my/paper/"))
    assert not DeskTask.objects.exists()
    assert not Confirmation.objects.exists()


@pytest.mark.parametrize("path", ["contact/", "phones/", "paper/", "visits/{}/move/", "follow-ups/{}/0/"])
def test_nobody_sees_these_pages_without_signing_in(first, path):
    assert Client().get("/my/" + path.format(first.uid)).status_code == 403


def test_margaret_says_how_she_wants_to_be_told(phone, margaret):
    page = text_of(phone.get("/my/contact/"))
    assert "To margaret@example.org" in page
    assert "To 0117 496 0000" in page

    assert "Gracias." in text_of(phone.post("/my/contact/", {"channel": "sms", "language": "es"}, follow=True))

    margaret.refresh_from_db()
    assert (margaret.channel, ContactWishes.objects.get(patient=margaret).language) == ("sms", "es")


@pytest.mark.parametrize("wish", [{}, {"channel": "pigeon", "language": "en"}, {"channel": "sms", "language": "x"}])
def test_a_wish_that_nobody_offered_is_refused(phone, margaret, wish):
    assert phone.post("/my/contact/", wish).status_code == 422

    margaret.refresh_from_db()
    assert margaret.channel == "email"


def test_a_time_zone_is_kept_with_the_wishes_and_the_page_offers_it(phone, margaret):
    assert '<option value="Europe/London" selected>' in phone.get("/my/contact/").content.decode()
    wish = {"channel": "email", "language": "en", "timezone": "America/New_York"}

    phone.post("/my/contact/", wish)

    assert ContactWishes.objects.get(patient=margaret).timezone == "America/New_York"
    assert 'href="?zone=America/New_York"' in phone.get("/my/").content.decode()
    assert phone.post("/my/contact/", wish | {"timezone": "Mars/Olympus"}).status_code == 422


def test_the_sheet_lists_what_is_to_come(phone, course):
    course.sessions.filter(number=3).update(status="cancelled")

    page = text_of(phone.get("/my/paper/"))

    assert "Monday 23 November 2026, 8:30am" in page
    assert "Wednesday 25 November" not in page


def test_what_changed_since_the_last_look_stands_first(phone, margaret, course, first, clock, chairs, technicians):
    clock[0] = NOW + timedelta(hours=2)
    booking.move_session(session=first, start=at("2026-11-23", "14:00"), by=DESK, now=clock[0])
    course.sessions.filter(number=2).update(status="cancelled", updated_at=clock[0])
    make_session(course, chairs[1], technicians[1], at("2026-11-26", "08:30"), updated_at=clock[0])
    assert "Changed since you last looked" not in text_of(phone.get("/my/"))  # this is the first look

    clock[0] += timedelta(hours=1)
    page = text_of(signed_in(margaret, clock[0]).get("/my/"))

    assert "Monday 23 November, 8:30am is now Monday 23 November, 2:00pm" in page
    assert "Cancelled: Tuesday 24 November, 8:30am" in page
    assert "New: Thursday 26 November, 8:30am" in page
    clock[0] += timedelta(hours=1)
    assert "Changed since you last looked" not in text_of(signed_in(margaret, clock[0]).get("/my/"))


@pytest.fixture
def ended(clinic, pia, protocol, chairs, technicians):
    """Ten sessions that were held, the last on Friday 6 November: a follow-up is due around 6 December."""
    course = make_course(pia, protocol, request={"earliest_date": "2026-10-26"})
    for number, day in enumerate(
        ("10-26", "10-27", "10-28", "10-29", "10-30", "11-02", "11-03", "11-04", "11-05", "11-06")
    ):
        kind = {"kind": "mapping", "minutes": 60} if number == 0 else {}
        make_session(course, chairs[0], technicians[0], at(f"2026-{day}", "09:00"), status="fulfilled", **kind)
    return course


def test_pia_books_her_follow_up_inside_its_window(ended, pia, now):
    phone = signed_in(pia, now)
    assert "Time for your follow-up visit" in text_of(phone.get("/my/"))
    path = reverse("portal:follow-up", args=[ended.uid, 0])
    keys = re.findall(r'name="choice" value="([^"]+)"', phone.get(path).content.decode())

    answer = phone.post(path, {"choice": keys[0]}, follow=True)

    assert "Your follow-up visit is booked." in text_of(answer)
    booked = ended.sessions.get(kind="follow-up")
    assert booked.starts_at.isoformat() == keys[0].partition("/")[0]
    assert "Time for your follow-up visit" not in text_of(phone.get("/my/"))
    assert "has a date already" in text_of(phone.get(path, follow=True))


@pytest.mark.parametrize("choice", ["", "x", "2027-03-01T10:00:00+00:00/", "2026-12-06T03:00:00+00:00/1"])
def test_a_follow_up_is_booked_at_no_other_time(ended, pia, now, choice):
    answer = signed_in(pia, now).post(reverse("portal:follow-up", args=[ended.uid, 0]), {"choice": choice})

    assert answer.status_code == 409
    assert not ended.sessions.filter(kind="follow-up").exists()
