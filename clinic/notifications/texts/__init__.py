"""The texts of messages: how they come, which placeholders each may have, and filling these in.

A placeholder is a name in braces and nothing else: no attribute, index or format can be reached through one.
"""

import re
from collections.abc import Mapping

from clinic.notifications.gsm import MOST_UNITS, fitting, shortened, units

from . import english, spanish

LANGUAGES = {"en": english, "es": spanish}
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
SHORTEST_NAME = 20  # places that are left to the name of a clinic, whatever there is to say
EVERYWHERE = ("clinic", "phone", "link")
OWN: Mapping[str, tuple[str, ...]] = {
    "booked": ("appointments", "first"),
    "changed": ("appointments", "first", "changes"),
    "moved": ("appointments", "changes"),
    "dropped": ("appointments", "visits"),
    "cancelled": ("appointments", "first"),
    "offered": ("until",),
    "week": ("visits",),
    "visit": ("visits",),
    "follow-up": (),
    "finished": (),
}
TEMPLATES = tuple(OWN)
SAMPLE = {
    "clinic": "The Harbour Rooms",
    "phone": "0117 496 0123",
    "link": "https://clinic.example/my/" + "x" * 43 + "/",
    "appointments": "30 appointments",
    "first": "Wed 23 Sep 10:30am",
    "until": "Wed 23 Sep 10:30am",
    "changes": "Wed 23 Sep 10:30am to Thu 24 Sep 10:30am",
    "visits": "Mon 21, Tue 22, Wed 23, Thu 24, Fri 25 Sep 10:30am",
}
SAMPLE_IN = {
    "en": SAMPLE,
    "es": SAMPLE
    | {
        "appointments": "30 citas",
        "first": "mié 23 sep 10:30",
        "until": "mié 23 sep 10:30",
        "changes": "mié 23 sep 10:30 a jue 24 sep 10:30",
        "visits": "lun 21, mar 22, mié 23, jue 24, vie 25 sep 10:30",
    },
}
# Whoever sees the screen of a locked phone must not learn what the visits are for.
TELLS_TOO_MUCH = re.compile(
    r"\b(?:tms|rtms|magnet\w*|stimulat\w*|brain|depress\w*|ocd|pain|neuro\w*|psych\w*|coil\w*|treat\w*|therap\w*"
    r"|diagnos\w*|sessions?|estimulaci\w*|cerebr\w*|depresi\w*|dolor|psiqui\w*|psicol\w*|tratami\w*|terapi\w*)\b",
    re.IGNORECASE,
)


class TextRefused(ValueError):
    """A text that cannot be sent; the sentence says what is wrong and what to do."""


def allowed(template: str) -> tuple[str, ...]:
    """Return the placeholders that a text may have."""
    return (*EVERYWHERE, *OWN[template])


def standard(template: str, channel: str, language: str) -> str:
    """Return the text that comes with the program."""
    return LANGUAGES[language].TEXTS[template, channel]


def checked(text: str, template: str, channel: str, clinic: str = SAMPLE["clinic"]) -> str:
    """Return a clinic's own text as it is kept.

    Raises TextRefused.
    """
    text = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\x00", "").strip().split("\n"))
    if not text:
        raise TextRefused("There is no text. Write one, or go back to the text that comes with the program.")
    if len(text) > 2000:
        raise TextRefused("The text is longer than 2000 characters. Shorten it.")
    choice = ", ".join(f"{{{name}}}" for name in allowed(template))
    unknown = [name for name in PLACEHOLDER.findall(text) if name not in allowed(template)]
    if unknown:
        raise TextRefused(f"There is no {{{unknown[0][:40]}}}. Choose from: {choice}.")
    if "{" in PLACEHOLDER.sub("", text) or "}" in PLACEHOLDER.sub("", text):
        raise TextRefused(f"A brace stands alone. A placeholder is a name in two braces. Choose from: {choice}.")
    if found := TELLS_TOO_MUCH.search(PLACEHOLDER.sub("", text)):
        raise TextRefused(f"“{found[0]}” says what the visits are for, and others may see it. Leave the word out.")
    if "clinic" not in PLACEHOLDER.findall(text.split("\n")[0] if channel == "sms" else text):
        raise TextRefused("The patient has to see who writes. Put {clinic} into the first line.")
    first = filled(text.split("\n")[0], SAMPLE | {"clinic": clinic})
    if channel == "sms" and units(first) > MOST_UNITS:
        raise TextRefused(f"The first line takes {units(first)} places of {MOST_UNITS}. Shorten it.")
    return text


def filled(text: str, said: Mapping[str, str]) -> str:
    """Put what is said in place of the placeholders; lines in which one has nothing to say are left out."""
    lines = [
        PLACEHOLDER.sub(lambda found: said.get(found[1], ""), line)
        for line in text.split("\n")
        if all(said.get(name) for name in PLACEHOLDER.findall(line))
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def worded(text: str, channel: str, said: Mapping[str, str]) -> str:
    """Write a message: an e-mail with all that is said, a text message with as many sentences as one can hold.

    Where not even the first sentence fits, the name of the clinic loses words.
    """
    whole = filled(text, said)
    if channel != "sms":
        return whole
    if (over := units(whole.split("\n")[0]) - MOST_UNITS) > 0:
        room = max(SHORTEST_NAME, units(said["clinic"]) - over)
        whole = filled(text, {**said, "clinic": shortened(said["clinic"], room)})
    return fitting(whole.split("\n"))
