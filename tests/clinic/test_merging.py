"""Two records of one person become one, and can be parted again, row for row."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from clinic.models import (
    ApiClient,
    AuditEntry,
    CalendarLink,
    ContactWishes,
    Course,
    DeskTask,
    Merge,
    Occupancy,
    OutboundMessage,
    Passkey,
    Patient,
    PatientLink,
    Proposal,
    Referral,
    ReminderLook,
    Session,
    Site,
)
from clinic.selectors.finding import find_patients
from clinic.selectors.merging import alike
from clinic.selectors.records import patients_of, patients_with_number
from clinic.services import access, booking, merging, patients, waiting_list

from .builders import NOW, at, make_course, make_course_of_three, make_patient, make_session, make_user
from .pages import page_of

pytestmark = pytest.mark.usefixtures("clock")
TABLES = (Course, Session, Proposal, Referral, OutboundMessage, PatientLink, Passkey, CalendarLink, DeskTask)


@pytest.fixture
def double(clinic, protocol, chairs, technicians, by):
    """A second record of Margaret, with something in every table."""
    again = make_patient(
        clinic, family_name="Okonjo", given_name="Margret", number="20042", date_of_birth=date(1968, 12, 4)
    )
    course = make_course(again, protocol)
    session = make_session(course, chairs[1], technicians[1], at("2026-11-24", "11:00"))
    make_session(course, chairs[1], technicians[1], at("2026-11-26", "11:00"))
    about = {"patient": again, "protocol": protocol, "site": clinic, "request": {"earliest_date": "2026-11-23"}}
    Proposal.objects.create(**about, created_at=NOW, expires_at=NOW)
    waiting_list.refer(**about, by=by, now=NOW)
    OutboundMessage.objects.create(
        key="m", patient=again, session=session, channel="email", template="moved", due_at=NOW
    )
    access.new_patient_link(patient=again, label="", by=by, now=NOW)
    access.new_calendar_link(patient=again, by=by, now=NOW)
    Passkey.objects.create(patient=again, token_hash="p", credential=b"p", created_at=NOW)
    DeskTask.objects.create(key="t", site=clinic, patient=again, kind="call", created_at=NOW)
    return again


@pytest.fixture
def merge(margaret, double, by, now):
    def unite(kept=margaret, gone=double):
        return merging.merge(kept=kept, gone=gone, by=by, now=now)

    return unite


@pytest.fixture
def part(by, now):
    def undo(done):
        merging.undo(merge=done, by=by, now=now + timedelta(days=30))

    return undo


def holdings(patient):
    """Return the rows that belong to a patient, and the cells that the patient takes."""
    rows = {table.__name__: set(table.objects.filter(patient=patient).values_list("pk", flat=True)) for table in TABLES}
    return rows | {"cells": set(Occupancy.objects.filter(resource=patient.pk).values_list("pk", flat=True))}


def test_every_row_changes_hands_and_stays_the_row_it_was(merge, margaret, double):
    before = holdings(double)
    assert all(before.values())

    merge()

    assert holdings(margaret) == before
    assert not any(holdings(double).values())


def test_undoing_gives_each_row_back_and_leaves_what_was_there(merge, part, margaret, busy, double):
    ours, theirs = holdings(margaret), holdings(double)

    part(merge())

    assert (holdings(margaret), holdings(double)) == (ours, theirs)
    double.refresh_from_db()
    assert double.merged_into is None


def test_what_has_come_to_a_course_since_goes_back_with_it(merge, part, margaret, double, chairs, technicians):
    course = double.courses.get()
    done = merge()
    course.refresh_from_db()
    later = make_session(course, chairs[1], technicians[1], at("2026-11-30", "11:00"))
    new = make_course_of_three(margaret, course.protocol, chairs[0], technicians[0])

    part(done)

    assert Session.objects.get(pk=later.pk).patient == double
    assert Occupancy.objects.filter(session=later, resource=double.pk).exists()
    assert Course.objects.get(pk=new.pk).patient == margaret
    assert set(new.sessions.values_list("patient", flat=True)) == {margaret.pk}


def test_every_table_that_names_patients_is_thought_of():
    named = {relation.related_model for relation in Patient._meta.related_objects}

    # The record is never rewritten, keys and looks are made anew, and wishes are joined.
    assert named - {AuditEntry, Merge, Patient, ContactWishes, ReminderLook, *TABLES} == {
        relation.related_model for relation in Patient._meta.related_objects if relation.related_name == "keys"
    }


def test_two_sessions_at_one_time_are_two_people(merge, margaret, double, protocol, chairs, technicians, desk):
    make_session(make_course(margaret, protocol), chairs[0], technicians[0], at("2026-11-24", "10:45"))
    before = holdings(double)

    with pytest.raises(merging.RecordsClash) as refusal:
        merge()

    assert len(refusal.value.clashes) == 1
    assert holdings(double) == before
    page = page_of(desk.get(reverse("frontdesk:merge-with", args=[margaret.uid, double.uid])))
    assert "On Tuesday 24 November 2026: session 1 of Ten daily sessions at 10:45" in page
    assert "Merge the records" not in page


def test_a_session_that_follows_another_is_no_clash(merge, margaret, double, protocol, chairs, technicians):
    make_session(make_course(margaret, protocol), chairs[0], technicians[0], at("2026-11-24", "10:30"))
    make_session(
        make_course(margaret, protocol), chairs[0], technicians[0], at("2026-11-24", "11:00"), status="cancelled"
    )

    assert merge().kept == margaret


def test_after_the_merge_the_database_refuses_a_second_session_at_that_time(merge, double, margaret, clinic, chairs):
    merge()

    with pytest.raises(Exception, match=r"(?i)unique"):
        Occupancy.objects.create(
            resource_id=margaret.pk,
            cell=int(at("2026-11-24", "11:00").timestamp()) // 300,
            session=Session.objects.filter(patient=margaret).first(),
        )


def test_the_record_that_is_gone_leads_to_the_one_that_was_kept(merge, margaret, double, desk, imogen):
    merge()

    answer = desk.get(reverse("frontdesk:patient", args=[double.uid]))
    assert answer["Location"] == reverse("frontdesk:patient", args=[margaret.uid])
    assert desk.get(reverse("frontdesk:book", args=[double.uid])).status_code == 404
    for typed in ("20042", "margret", "okonjo"):
        assert find_patients(typed, user=imogen, now=NOW).patients == (margaret,), typed


def test_another_system_finds_the_kept_record_by_the_old_number(merge, margaret, double, clinic):
    client = ApiClient.objects.create(name="hospital", prefix="x", token_hash="x", created_at=NOW)
    client.sites.add(clinic)
    merge()

    assert list(patients_with_number(client, "20042")) == [margaret]
    assert list(patients_with_number(client, "10042")) == [margaret]
    assert double not in patients_of(client)


def test_registering_the_merged_person_again_names_the_record_that_was_kept(merge, margaret, double, site, by, now):
    merge()

    with pytest.raises(patients.PatientExists) as refusal:
        patients.register(
            site=site,
            family_name=double.family_name,
            given_name=double.given_name,
            date_of_birth=double.date_of_birth,
            by=by,
            now=now,
        )

    assert refusal.value.patient == margaret


def test_what_is_begun_for_the_gone_record_in_the_same_moment_is_for_the_kept_one(
    merge, margaret, double, clinic, protocol, by, now
):
    merge()

    about = {"patient": double, "protocol": protocol, "site": clinic, "request": {"earliest_date": "2026-11-23"}}
    offer = booking.propose(**about, by=by, now=now)
    link, _ = access.new_patient_link(patient=double, label="", by=by, now=now)

    assert offer.patient == margaret
    assert link.patient == margaret
    assert waiting_list.refer(**about, by=by, now=now).patient == margaret


def test_a_stop_of_messages_holds_for_both_and_is_taken_back_with_the_merge(merge, part, margaret, double):
    ContactWishes.objects.create(patient=double, language="es", sms_stopped_at=NOW)

    done = merge()
    assert ContactWishes.objects.get(patient=margaret).sms_stopped_at == NOW

    part(done)
    assert ContactWishes.objects.get(patient=margaret).sms_stopped_at is None
    assert ContactWishes.objects.get(patient=double).sms_stopped_at == NOW


def test_a_record_is_merged_once_and_parted_in_order(merge, part, margaret, double, pia):
    first = merge()
    with pytest.raises(booking.NotPossible):
        merge()
    with pytest.raises(booking.NotPossible):
        merge(kept=margaret, gone=margaret)
    second = merge(kept=pia, gone=margaret)

    double.refresh_from_db()
    assert double.merged_into == pia
    with pytest.raises(booking.NotPossible, match="Undo that first"):
        part(first)
    part(second)
    double.refresh_from_db()
    assert double.merged_into == margaret
    part(first)
    with pytest.raises(booking.NotPossible, match="undone before"):
        part(first)


def test_records_of_two_clinics_are_not_merged(merge, margaret, other_site):
    with pytest.raises(booking.NotPossible, match="two clinics"):
        merge(gone=make_patient(other_site))


def test_both_records_say_who_merged_them(merge, part, margaret, double):
    part(merge())

    for own, other in ((margaret, double), (double, margaret)):
        lines = AuditEntry.objects.filter(patient=own, data__merged=other.number).order_by("pk")
        assert [(line.action, line.actor) for line in lines] == [
            ("records merged", "Imogen Vale"),
            ("merge undone", "Imogen Vale"),
        ]


def test_the_desk_merges_and_undoes_in_three_steps(desk, margaret, double):
    chosen = page_of(desk.get(reverse("frontdesk:merge", args=[margaret.uid])))
    address = reverse("frontdesk:merge-with", args=[margaret.uid, double.uid])
    assert address in chosen
    assert "2 sessions" in page_of(desk.get(address))

    page = page_of(desk.post(address, {"keep": str(margaret.uid)}, follow=True))
    assert "Record 20042 is now part of this one" in page
    assert "was merged into this one" in page

    undone = desk.post(reverse("frontdesk:undo-merge", args=[Merge.objects.get().uid]), follow=True)
    assert "Record 20042 is a record of its own again" in page_of(undone)
    assert double.courses.count() == 1


def test_the_other_record_is_kept_where_that_is_wished(desk, margaret, double):
    desk.post(reverse("frontdesk:merge-with", args=[margaret.uid, double.uid]), {"keep": str(double.uid)})

    margaret.refresh_from_db()
    assert margaret.merged_into == double


def test_merging_twice_by_a_double_click_says_what_has_happened(desk, margaret, double):
    address = reverse("frontdesk:merge-with", args=[margaret.uid, double.uid])
    desk.post(address, {"keep": str(margaret.uid)})

    assert desk.post(address, {"keep": str(margaret.uid)}).status_code == 404
    assert Merge.objects.count() == 1


def test_paul_merges_and_parts_nobody_of_another_clinic(other_desk, other_site, merge, margaret, double):
    own = make_patient(other_site)
    done = merge()

    assert other_desk.get(reverse("frontdesk:merge", args=[margaret.uid])).status_code == 404
    assert other_desk.get(reverse("frontdesk:merge-with", args=[own.uid, margaret.uid])).status_code == 404
    assert other_desk.post(reverse("frontdesk:merge-with", args=[margaret.uid, own.uid])).status_code == 404
    assert other_desk.post(reverse("frontdesk:undo-merge", args=[done.uid])).status_code == 404
    double.refresh_from_db()
    assert double.merged_into == margaret


def test_a_technician_merges_nothing(site, margaret, double):
    client = Client()
    client.force_login(make_user(site, role="technician"))

    assert client.post(reverse("frontdesk:merge-with", args=[margaret.uid, double.uid])).status_code == 403
    assert client.get(reverse("frontdesk:merge", args=[margaret.uid])).status_code == 403


@pytest.mark.parametrize(
    "details, is_alike",
    [
        ({"given_name": "Margret"}, True),
        ({"family_name": "Margaret", "given_name": "Okonjo"}, True),
        ({"family_name": "Okonjo-Bell"}, True),
        ({"date_of_birth": date(1968, 12, 4)}, True),
        ({"date_of_birth": date(1968, 4, 21)}, True),
        ({"date_of_birth": date(1950, 1, 1)}, False),
        ({"date_of_birth": date(1950, 1, 1), "phone": "+44 117 496 0000"}, True),
        ({"given_name": "Peter"}, False),
        ({"family_name": "Okafor"}, False),
    ],
)
def test_somebody_who_seems_to_be_known_is_suggested(margaret, site, details, is_alike):
    plain = {"family_name": "Okonjo", "given_name": "Margaret", "date_of_birth": margaret.date_of_birth, "phone": ""}

    assert bool(alike(Patient(site=site, **plain | details))) is is_alike


def test_nobody_of_another_clinic_is_suggested(margaret, other_site):
    assert not alike(
        Patient(site=other_site, family_name="Okonjo", given_name="Margaret", date_of_birth=margaret.date_of_birth)
    )


def test_registering_somebody_with_a_typing_error_suggests_the_record(desk, margaret):
    typed = {"family_name": "Okunjo", "given_name": "Margaret", "date_of_birth": "12/4/1968", "channel": "none"}

    asked = desk.post("/patients/new/", typed)
    assert "This may be somebody who is already registered" in page_of(asked)
    assert "Open 10042" in page_of(asked)
    assert Patient.objects.count() == 1

    desk.post("/patients/new/", typed | {"confirmed": "1"})
    assert Patient.objects.count() == 2


def test_an_empty_form_is_nobody_who_seems_to_be_known(desk, site):
    make_patient(site, date_of_birth=date(1970, 1, 1))

    page = page_of(desk.post("/patients/new/", {"family_name": "", "given_name": "", "date_of_birth": ""}))

    assert "already registered" not in page
    assert "Please give the family name" in page


@pytest.mark.django_db(transaction=True)
def test_of_two_desks_that_merge_the_same_records_in_both_directions_one_is_refused(margaret, double, by, now):
    begin, outcomes = Barrier(2), []

    def unite(kept, gone):
        begin.wait()
        try:
            merging.merge(kept=kept, gone=gone, by=by, now=now)
            outcomes.append("merged")
        except booking.NotPossible:
            outcomes.append("refused")
        finally:
            connection.close()

    desks = [Thread(target=unite, args=pair) for pair in ((margaret, double), (double, margaret))]
    for each in desks:
        each.start()
    for each in desks:
        each.join()

    assert sorted(outcomes) == ["merged", "refused"]
    assert Merge.objects.count() == 1
    assert Patient.objects.filter(merged_into=None).count() == 1
    assert Site.objects.exists()
