"""A clinic comes with spreadsheets: every row is judged, and all are written or none."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from clinic.models import AuditEntry, Patient, Resource
from clinic.services import booking, imports, spreadsheets

from .builders import make_patient, make_site

PATIENTS = "number,family_name,given_name,date_of_birth,phone,email,channel\n"


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

    assert "1 new patient, 0 already known, 0 bad rows. A trial" in said
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


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r", ",,\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_spreadsheet_programs_write_in_their_own_ways(bring, site, encoding, separator, ending):
    table = f"Family name,Given name,Date of birth{ending}Müller,Zoë,1980-02-29{ending}".replace(",", separator)

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
        ("", "The file is empty"),
        ("\n\n", "The file is empty"),
        (PATIENTS, "has no rows"),
        (b"\x81\xff\x00", "neither UTF-8 nor Windows"),
        (b"PK\x03\x04 and so on", "save the sheet as CSV"),
        (f'family_name,given_name,date_of_birth\n"{"x" * 200_000}",A,1980-01-01\n', "Line 2: a cell has more than"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_in_a_sentence(bring, site, table, words):
    assert words in bring("import_patients", table)


@pytest.mark.parametrize(
    "rows, words",
    [
        ('1,"Okafor,Ada,1980-02-29,,,\n2,Ray,Bo,1984-02-01,,,\n', "Line 3: a quotation mark lacks its partner"),
        ('1,"Okafor,Ada,1980-02-29,,,\n2,"Ray",Bo,1984-02-01,,,\n', "Line 3: a quotation mark lacks its partner"),
        (
            '1,"Okafor,Ada,1980-02-29,,,\n2,Ray",Bo,1984-02-01,,,\n',
            "Line 3: A quotation mark lacks its partner, so that the row goes on until line 4",
        ),
    ],
    ids=["never closed", "closed by the next one", "closed at the end of a cell"],
)
def test_a_quotation_mark_that_nothing_closes_is_named_with_its_line(bring, site, rows, words):
    said = bring("import_patients", f"{PATIENTS}9,Fine,One,1970-01-01,,,\n{rows}")

    assert words in said
    assert "date of birth" not in said
    assert not Patient.objects.exists()


@pytest.mark.parametrize(
    "born, words",
    [
        ("", "The date of birth is missing"),
        ("1/2/80", "two digits"),
        ("12/31/1980", "the day comes first here and there is no month 31"),
        ("31/02/1980", "is no date"),
        ("44197", "is no date"),
        ("9" * 10_000, "999…' is no date"),
        ("2050-01-01", "between 1900 and today"),
        ("1899-12-31", "between 1900 and today"),
    ],
)
def test_a_birth_that_cannot_be_is_told_with_what_to_write(bring, site, born, words):
    said = bring("import_patients", f"{PATIENTS}1,Okafor,Ada,{born},,,\n")

    assert said.startswith("Line 2: ")
    assert words in said
    assert said.endswith(
        "0 new patients, 0 already known, 1 bad row. Correct the line above and import the file again."
    )
    assert len(said) < 400


def test_a_trial_says_the_same_as_the_import_itself(bring, site):
    table = PATIENTS + "1,Okafor,Ada,1980-02-29,,,\n2,Ray,Bo,31/02/1984,,,\n"

    assert bring("import_patients", table, "--dry-run") == bring("import_patients", table)


def test_two_rows_about_one_person_must_say_the_same(bring, site):
    same = ",Okafor,Ada,1980-02-29,,,\n"
    assert "1 new patient, 1 already known" in bring("import_patients", PATIENTS + same + same, "--dry-run")

    said = bring("import_patients", PATIENTS + same + ",Okafor,Ada,1980-02-29,0117 496 0002,,\n")

    assert "Line 3: Line 2 is about the same person and says something else. Keep one." in said
    assert not Patient.objects.exists()


def test_a_free_number_is_one_that_neither_the_clinic_nor_the_file_has(bring, site):
    first = Resource.objects.create(kind="patient").pk + 1
    table = f"{PATIENTS},Okafor,Ada,1980-02-29,,,\nP{first:05},Ray,Bo,1984-02-01,,,\n"

    assert "2 new patients" in bring("import_patients", table)
    assert set(Patient.objects.values_list("number", flat=True)) == {f"P{first:05}", f"P{first:05}-2"}


def test_patients_of_a_table_are_found_like_those_who_were_registered_one_by_one(bring, site, desk):
    bring("import_patients", PATIENTS + "77,O’Neill,Zoë,1980-02-29,0117 496 0002,,\n")

    for query in ("oneil", "zoe", "77", "0117 4960002"):
        assert desk.get("/patients/", {"q": query}).status_code == 302, query


def test_a_missing_file_and_an_unknown_site_are_said(site, tmp_path):
    make_site()
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_patients", str(tmp_path / "none.csv"))
    (tmp_path / "a.csv").write_text("family_name,given_name,date_of_birth\nOkafor,Ada,1980-02-29\n")
    with pytest.raises(CommandError, match="Say which site"):
        call_command("import_patients", str(tmp_path / "a.csv"))


def test_the_sessions_command_reads_a_file(bring, clinic, protocol):
    make_patient(clinic, number="5")

    said = bring("import_sessions", "patient;protocol;date;time;chair\n5;ten-daily;2020-01-06;09:00;Chair 1\n")

    assert "is more than three years away" in said


def test_an_import_into_a_busy_diary_asks_to_try_again(bring, site, monkeypatch):
    def busy(*args, **options):
        raise booking.Busy

    monkeypatch.setattr(imports, "under_lock", busy)
    said = bring("import_patients", PATIENTS + "77,Okafor,Ada,1980-02-29,,,\n")

    assert "Wait a moment and import the file again" in said


def test_a_file_that_would_hold_up_the_diary_for_long_is_to_be_divided(bring, site, monkeypatch):
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 2)
    row = "{},Okafor,Ada{},1980-02-29,,,\n"

    assert "2 new patients" in bring("import_patients", PATIENTS + row.format(1, "a") + row.format(2, "b"))
    table = PATIENTS + "".join(row.format(number, number) for number in range(3))
    assert "more than 2 rows" in bring("import_patients", table)
