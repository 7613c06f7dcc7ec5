"""The alphabet of text messages: 160 characters of GSM-7 are one message, any other sign makes it cost double."""

import unicodedata
from collections.abc import Iterable

MOST_UNITS = 160
ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWICE = frozenset("^{}\\[~]|€")  # these take two places each
LOOK_ALIKE = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " ",
                            "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "œ": "oe", "Œ": "OE"})  # fmt: skip


def units(text: str) -> int:
    """Count the places that a text takes in a message; signs outside the alphabet are counted as what they become."""
    return sum(2 if sign in TWICE else 1 for sign in gsm(text))


def gsm(text: str) -> str:
    """Write a text in the alphabet of text messages: accents that it does not have are left out, other signs asked."""
    return "".join(sign if sign in ALPHABET or sign in TWICE else _plain(sign) for sign in text.translate(LOOK_ALIKE))


def strange(text: str) -> str:
    """Return the signs of a text for which a text message has nothing alike, each once."""
    return "".join(dict.fromkeys(sign for sign in text if sign != "?" and "?" in gsm(sign)))


def shortened(name: str, most: int) -> str:
    """Return as many whole words of a name as take no more than `most` places; of the first word, its beginning."""
    words = gsm(name).split()
    while len(words) > 1 and units(" ".join(words)) > most:
        words.pop()
    return " ".join(words) if units(" ".join(words)) <= most else words[0][:most]


def _plain(sign: str) -> str:
    letters = [part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part)]
    return "".join(part if part in ALPHABET else "?" for part in letters)


def fitting(sentences: Iterable[str]) -> str:
    """Join as many sentences as fit into one message; the first is always said, whole."""
    text = ""
    for sentence in sentences:
        longer = f"{text} {gsm(sentence)}".strip()
        if text and units(longer) > MOST_UNITS:
            continue
        text = longer
    return text
