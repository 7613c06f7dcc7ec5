"""Messages at the desk: what could not be delivered, what patients asked, paper, and the clinic's own texts."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from clinic.models import ContactWishes, DeskTask, MessageRules, MessageText, OutboundMessage
from clinic.models.messages import MessageStatus
from clinic.services import desk_tasks, outbox
from clinic.services.audit import Actor

from .builders import at, make_course_of_three, make_user

PAGE, TEXTS, RULES = "/messages/", "/messages/texts/", "/messages/rules/"


@pytest.fixture(autouse=True)
def time_stands_still(clock):
    return clock


@pytest.fixture
def failed(margaret, protocol, chairs, technicians, now):
    course = make_course_of_three(margaret, protocol, chairs[0], technicians[0])
    (message,) = outbox.plan_course_messages(course=course, now=now)
    OutboundMessage.objects.update(
        status=MessageStatus.FAILED, attempts=8, last_error="The mail server answered 550.", due_at=now
    )
    return message


@pytest.fixture
def task(margaret, now):
    by = Actor.of_patient(margaret)
    return desk_tasks.ask(patient=margaret, kind="move", key="k", words="after <b>lunch", by=by, now=now)


@pytest.fixture
def manager(client, site):
    client.force_login(make_user(site, role="manager"))
    return client


def text_of(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_a_message_that_was_not_delivered_stands_there_with_the_reason_and_is_tried_again(desk, failed):
    page = text_of(desk.get(PAGE))
    assert "OKONJO, Margaret" in page
    assert "The mail server answered 550. Tried 8 times." in page

    answer = desk.post(f"/messages/{failed.pk}/again/", follow=True)

    assert "The message is sent once more." in text_of(answer)
    assert "Every message has left." in text_of(answer)
    outbox.deliver_due(failed.due_at + outbox.LEASE)
    failed.refresh_from_db()
    assert failed.status == MessageStatus.SENT
    assert len(mail.outbox) == 1


def test_a_message_that_was_told_by_phone_is_not_sent_any_more(desk, failed):
    desk.post(f"/messages/{failed.pk}/phone/")
    again = desk.post(f"/messages/{failed.pk}/again/", follow=True)

    assert "Somebody has seen to this message already." in text_of(again)
    failed.refresh_from_db()
    assert failed.status == MessageStatus.BY_PHONE


def test_what_a_patient_asked_is_done_and_off_the_list(desk, task, imogen):
    page = desk.get(PAGE)
    assert "Wants to move" in text_of(page)
    assert b"after &lt;b&gt;lunch" in page.content

    answer = desk.post(reverse("frontdesk:task-done", args=[task.uid]), follow=True)

    assert "Nobody waits for an answer." in text_of(answer)
    task.refresh_from_db()
    assert task.done_by == imogen


def test_the_desk_of_another_clinic_sees_and_does_nothing_here(other_desk, failed, task, margaret):
    assert "Margaret" not in text_of(other_desk.get(PAGE))
    assert other_desk.post(f"/messages/{failed.pk}/again/").status_code == 404
    assert other_desk.post(reverse("frontdesk:task-done", args=[task.uid])).status_code == 404
    assert other_desk.get(reverse("frontdesk:letter", args=[margaret.uid])).status_code == 404
    assert other_desk.post(reverse("frontdesk:letter", args=[margaret.uid])).status_code == 404
    assert DeskTask.objects.get().done_at is None
    assert not ContactWishes.objects.exists()


def test_who_may_not_move_sessions_settles_nothing_and_who_may_not_set_up_writes_no_texts(client, site, failed, desk):
    technician = Client()
    technician.force_login(make_user(site, role="technician"))

    assert technician.get(PAGE).status_code == 200
    assert technician.post(f"/messages/{failed.pk}/again/").status_code == 403
    assert desk.get(TEXTS).status_code == 403
    assert desk.post(RULES).status_code == 403
    assert desk.post(f"/messages/{failed.pk}/nonsense/").status_code == 404
    assert Client().get(PAGE).status_code == 302


def test_whom_no_message_reaches_gets_a_letter_and_another_one_when_something_changes(
    desk, margaret, protocol, chairs, technicians, clock
):
    course = make_course_of_three(margaret, protocol, chairs[0], technicians[0])
    assert "Messages reach everybody" in text_of(desk.get(PAGE))
    ContactWishes.objects.create(patient=margaret, email_stopped_at=clock[0])

    page = text_of(desk.get(PAGE))
    assert "Stopped e-mails; 3 visits to come, the next on Mon 23 Nov, 08:30" in page
    letter = text_of(desk.get(reverse("frontdesk:letter", args=[margaret.uid])))
    assert "Margaret Okonjo Your appointments" in letter
    assert "Monday 23 November 2026, 8:30am , about 30 minutes" in letter

    desk.post(reverse("frontdesk:letter", args=[margaret.uid]))
    assert "Messages reach everybody" in text_of(desk.get(PAGE))
    course.sessions.filter(number=1).update(updated_at=at("2026-11-21", "10:00"))
    assert "Changed" in text_of(desk.get(PAGE))


def test_a_manager_writes_a_text_sees_it_first_and_goes_back(manager, site):
    form = {"which": "visit.sms", "text": "{clinic}: see you {visits}!\nCall {phone}."}

    looked = text_of(manager.post(TEXTS, form | {"do": "look"}))
    assert "The Harbour Rooms: see you Mon 21, Tue 22, Wed 23, Thu 24, Fri 25 Sep 10:30am!" in looked
    assert re.search(r"in \d+ of 160 places", looked)
    assert not MessageText.objects.exists()

    assert "used from now on" in text_of(manager.post(TEXTS, form | {"do": "keep"}, follow=True))
    assert MessageText.objects.get().text == form["text"]
    assert "Back to the standard text" in text_of(manager.get(TEXTS))
    manager.post(TEXTS, form | {"do": "standard"})
    assert not MessageText.objects.exists()


def test_a_text_with_an_unknown_placeholder_is_refused_beside_its_field(manager):
    answer = manager.post(TEXTS, {"which": "visit.sms", "text": "{clinic}: {name}, {visits}", "do": "keep"})

    assert answer.status_code == 422
    assert "There is no {name}. Choose from: {clinic}, {phone}, {link}, {visits}." in text_of(answer)
    assert not MessageText.objects.exists()


@pytest.mark.parametrize("form", [{}, {"which": "visit"}, {"which": "x.sms"}, {"which": "visit.pigeon"}])
def test_a_text_that_there_is_not_is_not_found(manager, form):
    assert manager.post(TEXTS, form).status_code == 404
    assert manager.get(f"{TEXTS}?language=tlh").status_code == 404


GOOD = {"digest_weekday": "3", "leaves_at": "15:30", "opens": "9:00", "closes": "19", "most_a_week": "2",
        "alone": "5, 2",
        "kind_mapping": "2 1", "kind_follow-up": "", "notice_hours": "48", "most_moves": "2"}  # fmt: skip


def test_a_manager_says_when_messages_leave(manager, site):
    assert "hold from now on" in text_of(manager.post(RULES, GOOD, follow=True))

    row = MessageRules.objects.get(site=site)
    assert (row.notice_hours, row.most_moves) == (48, 2)
    assert row.rules["leaves_at"] == 930
    assert row.rules["days_before"] == {"mapping": [2, 1], "follow-up": []}
    assert 'value="15:30"' in manager.get(TEXTS).content.decode()


@pytest.mark.parametrize(
    "wrong, told",
    [
        ({"leaves_at": "25:00"}, "is no time"),
        ({"leaves_at": "22:00"}, "quiet hours"),
        ({"most_a_week": "many"}, "is no number from 0 to 14"),
        ({"alone": "tomorrow"}, "are no days"),
        ({"alone": "40"}, "1 to 30 days"),
        ({"kind_party": "1"}, "There is no kind of visit"),
        ({"most_moves": "-1"}, "is no number"),
    ],
)
def test_rules_that_cannot_be_kept_are_refused_with_a_sentence(manager, wrong, told):
    answer = manager.post(RULES, GOOD | wrong)

    assert answer.status_code == 422
    assert told in text_of(answer)
    assert not MessageRules.objects.exists()
