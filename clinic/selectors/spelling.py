"""How a name may be written and still be the same: the keys under which it is found, and how far two words differ."""

from collections.abc import Iterable

from clinic.models import Patient, PatientKey
from clinic.models.people import digits_of, plain_words

HEAD = 5  # so many first letters are looked up; what follows is compared afterwards
SHORTEST_HEAD = 3
SHORTEST_WRONG = 4  # a shorter word is another word when a letter is wrong
LONG_WORD = 8
LONGEST_WORD = 120
PHONE_END = 9  # the end of a phone number is the same with and without the code of its country


def name_keys(patient: Patient) -> set[tuple[str, str]]:
    """Return every key under which a patient is found, with its word."""
    family, given = plain_words(patient.family_name), plain_words(patient.given_name)
    # Van der Berg is also typed as one word.
    words = {word[:LONGEST_WORD] for word in (*family, *given, "".join(family), "".join(given))}
    keys = {(word[:length], word) for word in words for length in range(SHORTEST_HEAD, HEAD + 1)}
    keys |= {(key, word) for word in words for key in spellings(word)}
    keys |= {(number_key(patient.number), ""), (phone_key(patient.phone), "")}
    return {(key, word) for key, word in keys if key}


def spellings(word: str) -> set[str]:
    """Return the head of a word, and what is left of it without any one letter.

    A letter that is wrong, missing, doubled or swapped leaves two words with one of these in common.
    """
    head = word[:HEAD]
    if len(head) < SHORTEST_WRONG:
        return {head} if len(head) >= SHORTEST_HEAD else set()
    return {head} | {head[:place] + head[place + 1 :] for place in range(len(head))}


def number_key(text: str) -> str:
    """Return the key of a patient's number, without its spaces and signs."""
    return "#" + "".join(plain_words(text)) if text else ""


def phone_key(text: str) -> str:
    """Return the key of a phone number."""
    digits = digits_of(text)
    return f"+{digits[-PHONE_END:]}" if len(digits) >= PHONE_END - 2 else ""


def rows_of(patients: Iterable[Patient]) -> list[PatientKey]:
    """Return the rows, not saved yet, that make patients findable."""
    return [
        PatientKey(patient=patient, key=key, word=word)
        for patient in patients
        for key, word in sorted(name_keys(patient))
    ]


def allowed(word: str) -> int:
    """Return how many letters of a word may be wrong."""
    if len(word) < SHORTEST_WRONG:
        return 0
    return 2 if len(word) >= LONG_WORD else 1


def misspelt(typed: str, word: str) -> int:
    """Count the letters that are wrong, missing, too many or swapped in the beginning of a word, as it was typed."""
    before: list[int] = []
    row = list(range(len(word) + 1))
    for place, letter in enumerate(typed):
        older, before, row = before, row, [place + 1]
        for column, other in enumerate(word):
            cost = min(row[column] + 1, before[column + 1] + 1, before[column] + (letter != other))
            if place and column and letter == word[column - 1] and typed[place - 1] == other:
                cost = min(cost, older[column - 1] + 1)
            row.append(cost)
    return min(row)
