"""The texts of messages: how long they are, what they may say, and what a clinic may write itself."""

from datetime import UTC, datetime

import pytest

from clinic.notifications import phrases, texts
from clinic.notifications.gsm import ALPHABET, MOST_UNITS, fitting, gsm, shortened, strange, units


def test_one_text_message_holds_160_signs_and_some_signs_count_twice():
    assert units("a" * 160) == 160
    assert units("€" * 80) == 160
    assert units("12 [a]") == 8


@pytest.mark.parametrize(
    "text, sent",
    [
        ("café à la Müller", "café à la Müller"),
        ("próxima sábado", "proxima sabado"),
        ("Łódź – “Šimić”", 'Lodz - "Simic"'),
        ("日本", "??"),
        ("2 km²…", "2 km2..."),
    ],
)
def test_signs_that_a_text_message_does_not_have_are_written_with_those_that_it_has(text, sent):
    assert gsm(text) == sent


def test_sentences_that_do_not_fit_are_left_out_and_the_first_is_always_said():
    assert fitting(["first.", "x" * 150, "y" * 10]) == f"first. {'x' * 150}"
    assert fitting(["first.", "x" * 160, "last."]) == "first. last."
    assert fitting(["x" * 200, "last."]) == "x" * 200


@pytest.mark.parametrize("language", list(texts.LANGUAGES))
@pytest.mark.parametrize("template", texts.TEMPLATES)
def test_every_standard_text_is_one_message_and_says_who_writes(template, language):
    text = texts.standard(template, "sms", language)

    said = texts.worded(text, "sms", texts.SAMPLE)

    assert units(said) <= MOST_UNITS
    assert set(said) <= ALPHABET
    assert said.startswith("The Harbour Rooms")
    assert texts.checked(text, template, "sms") == text
    assert texts.checked(texts.standard(template, "email", language), template, "email")


@pytest.mark.parametrize(
    "text, told",
    [
        ("", "There is no text."),
        ("{clinic}: {name}, hello", "There is no {name}. Choose from: {clinic}, {phone}, {link}, {visits}."),
        ("{clinic}: {visits.__class__}", "There is no {visits.__class__}"),
        ("{clinic}: {visits!r}", "There is no {visits!r}"),
        ("{clinic}: {0}", "There is no {0}"),
        ("{clinic}: {visits", "A brace stands alone."),
        ("{clinic}: {{visits}}", "A brace stands alone."),
        ("Hello: {visits}", "The patient has to see who writes."),
        ("{clinic}: your TMS is on {visits}", "“TMS” says what the visits are for"),
        ("{clinic}: su tratamiento: {visits}", "“tratamiento” says what the visits are for"),
        ("{clinic}: " + "x" * 150, "The first line takes"),
    ],
)
def test_a_text_of_the_clinic_that_cannot_be_sent_is_refused_with_a_sentence(text, told):
    with pytest.raises(texts.TextRefused) as refused:
        texts.checked(text, "visit", "sms")

    assert str(refused.value).startswith(told)


def test_a_line_for_which_there_is_nothing_to_say_is_left_out():
    assert texts.filled("Hello\nCall {phone}\n{clinic}", {"phone": "", "clinic": "Rooms"}) == "Hello\nRooms"


def test_what_is_said_is_never_read_as_a_placeholder_again():
    assert texts.filled("{clinic}", {"clinic": "{phone}", "phone": "1"}) == "{phone}"


def test_days_with_one_time_are_said_together():
    days = [datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in ((23, 8), (24, 8), (25, 13))]

    assert phrases.visits(days, "en", short=True) == "Mon 23, Tue 24 Nov 8:00am; Wed 25 Nov 1:00pm"
    assert phrases.visits(days[:1], "es", short=True) == "lun 23 nov 8:00"


def test_ten_visits_of_one_day_are_said_by_the_first():
    day = [datetime(2026, 11, 23, hour, tzinfo=UTC) for hour in range(8, 18)]

    assert phrases.visits(day, "en", short=True) == "Mon 23 Nov 8:00am (+9)"


LONG_NAME = "The Harbour Rooms for Rest and Recovery at Saint Bartholomew"


def test_a_long_name_of_a_clinic_loses_words_before_anything_else_is_lost():
    said = texts.SAMPLE | {"clinic": LONG_NAME, "visits": "Mon 21 Sep 8:00am; Tue 22 Sep 9:10am; Wed 23 Sep 10:30am; "
                           "Thu 24 Sep 11:30am; Fri 25 Sep 2:00pm"}  # fmt: skip

    text = texts.worded(texts.standard("week", "sms", "en"), "sms", said)

    assert units(text) <= MOST_UNITS
    assert text.startswith("The Harbour Rooms for Rest and Recovery at Saint: next week: Mon 21")
    assert "Fri 25 Sep 2:00pm" in text


@pytest.mark.parametrize(
    "name, most, told",
    [
        ("The Harbour Rooms", 20, "The Harbour Rooms"),
        ("The Harbour Rooms", 16, "The Harbour"),
        ("Kurfürstendammklinikum", 20, "Kurfürstendammklinik"),
        ("Łódź – Clinic", 20, "Lodz - Clinic"),
    ],
)
def test_a_name_is_shortened_by_whole_words(name, most, told):
    assert shortened(name, most) == told


def test_signs_that_a_text_message_cannot_show_are_known():
    assert strange("Clínica São João – why?") == ""
    assert strange("東京 Clinic 東") == "東京"
