"""A clinic comes with spreadsheets: every row is judged, and all are written or none."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from clinic.models import Absence, AuditEntry, Course, Occupancy, Patient, Session
from clinic.services import booking, session_imports, spreadsheets
from clinic.services.audit import Actor
from clinic.services.spreadsheets import read_table

from .builders import at, make_patient, make_site

PATIENTS = "number,family_name,given_name,date_of_birth,phone,email,channel\n"
BY = Actor.of_command("test")


@pytest.fixture
def bring(tmp_path):
    """Write a file and import it; return what was said, with the bad rows."""

    def run(command: str, text: str | bytes, *options: str) -> str:
        file = tmp_path / "table.csv"
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        out = StringIO()
        try:
            call_command(command, str(file), *options, stdout=out, stderr=out)
        except CommandError as refused:
            return out.getvalue() + str(refused)
        return out.getvalue()

    return run


def test_patients_are_taken_over_once(bring, site):
    table = PATIENTS + "77,Okafor,Ada,1980-02-29,0117 496 0002,ada@example.org,email\n,Ray,Bo,29.02.1984,,,\n"

    assert "2 new patients, 0 already known, 0 bad rows. Written." in bring("import_patients", table)
    assert "0 new patients, 2 already known" in bring("import_patients", table)
    assert Patient.objects.count() == 2
    ada = Patient.objects.get(number="77")
    assert (ada.name, ada.date_of_birth.isoformat(), ada.channel) == ("Ada Okafor", "1980-02-29", "email")
    assert set(AuditEntry.objects.values_list("actor", flat=True)) == {"command import_patients"}


def test_a_trial_writes_nothing(bring, site):
    said = bring("import_patients", PATIENTS + "77,Okafor,Ada,1980-02-29,,,\n", "--dry-run")

    assert "1 new patients" in said
    assert "nothing was written" in said
    assert not Patient.objects.exists()


def test_one_bad_row_keeps_all_out_and_every_bad_row_is_named(bring, site, margaret):
    table = PATIENTS + (
        "77,Okafor,Ada,1980-02-29,,,\n"
        "78,Ray,Bo,31/02/1984,,,\n"
        '79,"Two\nLines",Bo,1984-02-01,,,\n'
        "10042,Other,Person,1984-02-01,,,\n"
        "80,Okonjo,Margaret,12/4/1968,,,\n"
        "81,Far,Too,1980-01-01,1,2,3,4,5\n"
        "82,,Nameless,1980-01-01,,,\n"
        "83,Sms,Only,1980-01-01,,,sms\n"
        f"84,{'x' * 10_000},Long,1980-01-01,,,\n"
    )

    said = bring("import_patients", table)

    for line, words in {
        3: "31/02/1984",
        6: "belongs to another patient",
        7: "is here as number 10042",
        8: "more cells",
        9: "family name",
        10: "phone number",
        11: "10,000 characters",
    }.items():
        assert any(part.startswith(f"Line {line}: ") and words in part for part in said.splitlines()), (line, said)
    assert "Line 4" not in said
    assert "Nothing was written" in said
    assert list(Patient.objects.all()) == [margaret]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_spreadsheet_programs_write_in_their_own_ways(bring, site, encoding, separator):
    table = "Family name,Given name,Date of birth\r\nMüller,Zoë,1980-02-29\r\n".replace(",", separator)

    assert "1 new" in bring("import_patients", table.encode(encoding))
    assert Patient.objects.get().name == "Zoë Müller"


@pytest.mark.parametrize("name", ["=2+5", "<script>alert(1)</script>", "@SUM(A1)", "O’Neill"])
def test_a_name_that_looks_like_something_else_stays_text(bring, site, name):
    if any(sign.isalpha() for sign in name):
        assert "1 new" in bring("import_patients", f"family_name,given_name,date_of_birth\n{name},A,1980-02-29\n")
        assert Patient.objects.get().family_name == name
    else:
        assert "Line 2: Please give the family name" in bring(
            "import_patients", f"family_name,given_name,date_of_birth\n{name},A,1980-02-29\n"
        )


@pytest.mark.parametrize(
    "table, words",
    [
        ("name,born\nA,1\n", "missing: family_name, given_name, date_of_birth"),
        ("family_name,given_name,date_of_birth,dose\n", "Unknown column 'dose'"),
        ("family_name,given_name,date_of_birth,given_name\n", "same name"),
        ("", "missing"),
        (b"\x81\xff\x00", "neither UTF-8 nor Windows"),
        (f'family_name,given_name,date_of_birth\n"{"x" * 200_000}",A,1980-01-01\n', "cannot be read"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_in_a_sentence(bring, site, table, words):
    assert words in bring("import_patients", table)


def test_a_missing_file_and_an_unknown_site_are_said(site, tmp_path):
    make_site()
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_patients", str(tmp_path / "none.csv"))
    (tmp_path / "a.csv").write_text("family_name,given_name,date_of_birth\n")
    with pytest.raises(CommandError, match="Say which site"):
        call_command("import_patients", str(tmp_path / "a.csv"))


@pytest.fixture
def sessions_of(clinic, protocol, margaret, pia, now):
    """Import rows of sessions as they are known on the day of the tests."""

    def run(text: str, keep: bool = True) -> session_imports.Outcome:
        table = "patient,protocol,date,time,chair,technician,status\n" + text
        rows = read_table(
            table.encode(), needed=session_imports.SESSION_COLUMNS, optional=session_imports.SESSION_OPTIONS
        )
        return session_imports.import_sessions(rows, site=clinic, by=BY, now=now, keep=keep)

    return run


TWO = "10042,ten-daily,2026-11-24,09:00,Chair 1,Ana Reyes,\n10042,ten-daily,2026-11-23,09:00,chair 1,,\n"


def test_sessions_are_taken_over_with_their_cells_and_once(sessions_of, margaret):
    outcome = sessions_of("10042,ten-daily,2026-11-19,09:00,Chair 1,,\n" + TWO)

    assert (outcome.added, outcome.known, outcome.bad, outcome.is_written) == (3, 0, (), True)
    first, second, third = Session.objects.order_by("number")
    assert [row.status for row in (first, second, third)] == ["fulfilled", "booked", "booked"]
    assert (first.kind, second.kind) == ("mapping", "treatment")
    assert second.technician is not None
    assert first.starts_at < second.starts_at < third.starts_at
    assert not first.occupancy.exists()
    assert second.occupancy.count() == 6 + 7 + 6
    assert sessions_of(TWO).known == 2
    assert Session.objects.count() == 3


def test_a_trial_of_sessions_writes_nothing(sessions_of):
    assert sessions_of(TWO, keep=False).added == 2
    assert not Session.objects.exists()
    assert not Course.objects.exists()
    assert not Occupancy.objects.exists()


@pytest.mark.parametrize(
    "row, words",
    [
        ("999,ten-daily,2026-11-23,09:00,Chair 1,,", "no patient '999'"),
        ("10042,other,2026-11-23,09:00,Chair 1,,", "no protocol 'other'. There are: ten-daily"),
        ("10042,ten-daily,2026-11-23,09:00,Chair 9,,", "no chair 'Chair 9'. There are: Chair 1"),
        ("10042,ten-daily,2026-11-23,09:00,Chair 1,Nobody,", "no technician 'Nobody'"),
        ("10042,ten-daily,23 Nov,09:00,Chair 1,,", "is no date"),
        ("10042,ten-daily,2026-11-23,9 am,Chair 1,,", "is no time"),
        ("10042,ten-daily,2026-11-23,09:02,Chair 1,,", "multiple of 5"),
        ("10042,ten-daily,2066-11-23,09:00,Chair 1,,", "three years"),
        ("10042,ten-daily,2026-11-23,09:00,Chair 1,,done", "status 'done' is unknown"),
        ("10042,ten-daily,2026-11-23,09:00,Chair 1,,fulfilled", "cannot be fulfilled yet"),
        ("10042,ten-daily,2026-11-23,19:00,Chair 1,,", "18:00"),
        ("10042,ten-daily,2026-12-25,09:00,Chair 1,,", "Christmas"),
    ],
)
def test_a_session_that_cannot_stand_is_named_with_its_reason(sessions_of, row, words):
    outcome = sessions_of(TWO + row + "\n")

    ((line, reason),) = outcome.bad
    assert line == 4
    assert words in reason
    assert not Session.objects.exists()


def test_two_rows_on_one_chair_cannot_both_stand(sessions_of, pia):
    outcome = sessions_of(TWO + "10043,ten-daily,2026-11-24,09:15,Chair 1,Ben Okafor,\n")

    assert [line for line, _ in outcome.bad] == [4]
    assert "Chair 1" in outcome.bad[0][1]


def test_nobody_is_found_to_run_a_session_when_all_are_away(sessions_of, technicians):
    for technician in technicians:
        Absence.objects.create(
            technician=technician, starts_at=at("2026-11-23", "00:00"), ends_at=at("2026-11-28", "00:00")
        )

    assert len(sessions_of(TWO).bad) == 2


def test_the_sessions_command_reads_a_file(bring, clinic, protocol):
    make_patient(clinic, number="5")

    said = bring("import_sessions", "patient;protocol;date;time;chair\n5;ten-daily;2020-01-06;09:00;Chair 1\n")

    assert "is more than three years away" in said


def test_an_import_into_a_busy_diary_asks_to_try_again(bring, site, monkeypatch):
    def busy(*args, **options):
        raise booking.Busy

    monkeypatch.setattr(session_imports, "under_lock", busy)
    said = bring("import_sessions", "patient,protocol,date,time,chair\n1,pain,2026-11-30,09:00,Chair 1\n")

    assert "Wait a moment and import the file again" in said


def test_a_file_that_would_hold_up_the_diary_for_long_is_to_be_divided(bring, site, monkeypatch):
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 2)
    row = "{},Okafor,Ada{},1980-02-29,,,\n"

    assert "2 new patients" in bring("import_patients", PATIENTS + row.format(1, "a") + row.format(2, "b"))
    table = PATIENTS + "".join(row.format(number, number) for number in range(3))
    assert "more than 2 rows" in bring("import_patients", table)
