"""Registering patients and correcting what is known about them."""

from datetime import date

import pytest

from clinic.models import AuditEntry, Patient
from clinic.services import patients
from clinic.services.audit import Actor

DESK = Actor(name="Imogen")


def register(site, now, **details):
    plain = {"family_name": "Varga", "given_name": "Éva", "date_of_birth": date(1961, 2, 28)}
    return patients.register(site=site, by=DESK, now=now, **plain | details)


def test_a_patient_is_registered_under_a_free_number(site, now):
    eva, otto = register(site, now), register(site, now, given_name="Otto")

    assert Patient.objects.get(pk=eva.pk).name == "Éva Varga"
    assert eva.number != otto.number
    entry = AuditEntry.objects.get(patient=eva)
    assert (entry.actor, entry.action, entry.at) == ("Imogen", "patient registered", now)


def test_a_number_that_the_clinic_gives_is_kept_and_skipped_later(site, now):
    first = register(site, now)
    coming = f"P{first.pk + 1:05}"

    taken = Patient.objects.filter(pk=first.pk).update(number=coming)
    second = register(site, now, given_name="Otto")

    assert taken
    assert second.number == f"{coming}-2"


def test_the_same_name_and_birth_is_registered_twice_only_on_purpose(site, now):
    eva = register(site, now)

    with pytest.raises(patients.PatientExists) as refusal:
        register(site, now, given_name="  EVA ")
    again = register(site, now, given_name="EVA", confirmed=True)

    assert refusal.value.patient == eva
    assert again != eva


def test_another_site_learns_nothing_about_who_is_registered_here(site, other_site, now):
    eva = register(site, now)

    assert register(other_site, now) != eva


@pytest.mark.parametrize(
    "details, field",
    [
        ({"family_name": " \t"}, "family_name"),
        ({"given_name": "x" * 10_000}, "given_name"),
        ({"family_name": "123"}, "family_name"),
        ({"date_of_birth": date(2031, 1, 1)}, "date_of_birth"),
        ({"date_of_birth": date(1012, 1, 1)}, "date_of_birth"),
        ({"date_of_birth": None}, "date_of_birth"),
        ({"phone": "call me"}, "phone"),
        ({"channel": "sms"}, "phone"),
        ({"channel": "email"}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b.example\nBcc: all@example.org"}, "email"),
        ({"channel": "pigeon"}, "channel"),
        ({"number": "=1+1"}, "number"),
        ({"number": "9" * 33}, "number"),
    ],
)
def test_details_that_cannot_be_right_are_refused_with_a_sentence_at_their_field(site, now, details, field):
    with pytest.raises(patients.InvalidPatient) as refusal:
        register(site, now, **details)

    assert set(refusal.value.errors) == {field}
    assert refusal.value.errors[field].endswith(".")
    assert not Patient.objects.exists()


def test_a_name_cannot_turn_the_text_around_it(site, now):
    patient = register(site, now, family_name="\u202eagraV\u2069")

    assert patient.family_name == "agraV"


def test_names_are_tidied_and_markup_in_them_is_only_text(site, now):
    patient = register(site, now, family_name="O’Brien\r\n  <b>van</b>\x00 Dijk", given_name="=SUM(A1)")

    assert patient.family_name == "O’Brien <b>van</b> Dijk"
    assert patient.given_name == "=SUM(A1)"


def test_a_number_is_given_to_one_patient_only(margaret, site, now):
    with pytest.raises(patients.InvalidPatient) as refusal:
        register(site, now, number=margaret.number)

    assert "10042" in refusal.value.errors["number"]


def test_a_correction_changes_what_it_names_and_is_written_down_without_the_values(margaret, now):
    corrected = patients.update(patient=margaret, by=DESK, now=now, phone="0117 496 0999", family_name="Okonjo-Reid")

    margaret.refresh_from_db()
    assert (corrected.phone, margaret.phone) == ("0117 496 0999", "0117 496 0999")
    assert "reid" in margaret.search_text
    entry = AuditEntry.objects.get(patient=margaret)
    assert entry.data == {"fields": ["family_name", "phone"]}


def test_a_correction_that_changes_nothing_leaves_no_trace(margaret, now):
    patients.update(patient=margaret, by=DESK, now=now, phone=margaret.phone)

    assert not AuditEntry.objects.exists()


def test_a_correction_cannot_take_away_the_number_or_somebody_elses(margaret, pia, now):
    for number in ("", pia.number):
        with pytest.raises(patients.InvalidPatient):
            patients.update(patient=margaret, by=DESK, now=now, number=number)

    margaret.refresh_from_db()
    assert margaret.number == "10042"


def test_a_detail_that_a_patient_does_not_have_is_refused(margaret, now):
    with pytest.raises(TypeError, match="no shoe_size"):
        patients.update(patient=margaret, by=DESK, now=now, shoe_size=40)
