"""The texts of a clinic with what each would look like, and its rules as a form shows them."""

from dataclasses import dataclass

import scheduler
from clinic.models import MessageRules, MessageText, Site
from clinic.models.people import Channel
from clinic.notifications import texts
from clinic.notifications.gsm import MOST_UNITS, units
from scheduler import VisitKind

from .messages import ABOUT

CHANNELS = (Channel.SMS, Channel.EMAIL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Hold one text: as it is kept, as a patient would read it, and how much room that takes in a text message."""

    template: str
    channel: str
    about: str
    text: str
    is_own: bool
    preview: str
    error: str = ""

    @property
    def key(self) -> str:
        """Return what a form sends to mean this text."""
        return f"{self.template}.{self.channel}"

    @property
    def places(self) -> int | None:
        """Count the places that it takes, where that matters."""
        return units(self.preview) if self.channel == Channel.SMS else None

    @property
    def most(self) -> int:
        """Return how many places there are."""
        return MOST_UNITS

    @property
    def placeholders(self) -> list[str]:
        """Return the placeholders that it may have, as they are written."""
        return [f"{{{name}}}" for name in texts.allowed(self.template)]


def written_texts(site: Site, language: str, *, tried: tuple[str, str, str] = ("", "", "")) -> list[Written]:
    """List all texts of a clinic in a language; `tried` is one that is looked at before it is kept."""
    own = {(row.template, row.channel): row.text for row in MessageText.objects.filter(site=site, language=language)}
    sample = texts.SAMPLE_IN[language] | {"clinic": site.public_name, "phone": site.phone}
    found = []
    for template in texts.TEMPLATES:
        for channel in CHANNELS:
            kept = own.get((template, channel))
            text = kept or texts.standard(template, channel, language)
            error = ""
            if tried[0] == f"{template}.{channel}":
                _, text, error = tried
            found.append(
                Written(
                    template=template,
                    channel=channel,
                    about=str(ABOUT[template]),
                    text=text,
                    is_own=kept is not None,
                    preview=texts.worded(text, channel, sample),
                    error=error,
                )
            )
    return found


def rules_form(site: Site) -> dict[str, object]:
    """Return the rules of a clinic as the form shows them."""
    row = MessageRules.objects.filter(site=site).first() or MessageRules(site=site)
    rules = scheduler.ReminderRules()
    data = row.rules
    days = {kind: rules.days_before.get(kind, ()) for kind in VisitKind}
    days |= {VisitKind(kind): given for kind, given in data.get("days_before", {}).items()}
    weekday = data.get("digest_weekday", rules.digest_weekday)
    return {
        "digest_weekday": "" if weekday is None else str(weekday),
        "most_a_week": data.get("most_a_week", rules.most_a_week),
        **{name: _clock(data.get(name, getattr(rules, name))) for name in ("leaves_at", "opens", "closes")},
        "alone": _list(data.get("days_before_alone", rules.days_before_alone)),
        "kinds": [(kind.value, _list(given)) for kind, given in days.items() if kind != VisitKind.TREATMENT],
        "notice_hours": row.notice_hours,
        "most_moves": row.most_moves,
        "sends_entries": row.sends_entries,
    }


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _list(days: tuple[int, ...] | list[int]) -> str:
    return ", ".join(map(str, days))
