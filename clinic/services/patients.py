"""Register patients and correct what is known about them."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from clinic.models import Patient, Resource, Site
from clinic.models.people import Channel, folded, plain_text

from . import audit
from .patient_keys import keep_keys

TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
OLDEST_BIRTH = date(1900, 1, 1)
FIELDS = ("number", "family_name", "given_name", "date_of_birth", "phone", "email", "channel")
PHONE = re.compile(r"\+?[\d ()./-]{5,39}")
NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{0,31}")


class InvalidPatient(ValueError):
    """Details that cannot be right; `errors` holds one sentence a field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = {name: str(sentence) for name, sentence in errors.items()}
        super().__init__(" ".join(self.errors.values()))


class PatientExists(Exception):
    """The site already knows somebody of this name and date of birth."""

    def __init__(self, patient: Patient) -> None:
        super().__init__(
            _("%(name)s, born %(born)s, is already registered.")
            % {"name": patient.name, "born": f"{patient.date_of_birth:%d.%m.%Y}"}
        )
        self.patient = patient


def register(
    *,
    site: Site,
    family_name: str,
    given_name: str,
    date_of_birth: date,
    by: audit.Actor,
    now: datetime,
    number: str | None = None,
    phone: str = "",
    email: str = "",
    channel: str = Channel.NONE,
    confirmed: bool = False,
) -> Patient:
    """Register a patient at a site, under the next free number unless one is given.

    Raises InvalidPatient, and PatientExists for a name and birth that the site knows, unless that was `confirmed`.
    """
    details = checked(
        {
            "number": number or "",
            "family_name": family_name,
            "given_name": given_name,
            "date_of_birth": date_of_birth,
            "phone": phone,
            "email": email,
            "channel": channel,
        },
        today=now.astimezone(site.zone).date(),
        is_new=True,
    )
    with transaction.atomic():
        # The lock lets two desks that register one person at the same moment see each other.
        Site.objects.select_for_update(no_key=True).get(pk=site.pk)
        if not confirmed and (twin := find_twin(site, details)):
            raise PatientExists(twin)
        resource = Resource.objects.create(kind="patient")
        details["number"] = details["number"] or free_number(resource)
        patient = saved(Patient(resource=resource, site=site, **details))
        audit.record(by=by, now=now, action="patient registered", patient=patient, data={"number": patient.number})
    return patient


def update(*, patient: Patient, by: audit.Actor, now: datetime, **changes: Any) -> Patient:
    """Correct details of a patient; what is not named stays. The audit names the fields, not what stood in them.

    Raises InvalidPatient.
    """
    if unknown := changes.keys() - set(FIELDS):
        raise TypeError(f"A patient has no {', '.join(sorted(unknown))}.")
    with transaction.atomic():
        current = Patient.objects.select_for_update(no_key=True, of=("self",)).select_related("site").get(pk=patient.pk)
        before = {name: getattr(current, name) for name in FIELDS}
        after = checked(before | changes, today=now.astimezone(current.site.zone).date(), is_new=False)
        changed = [name for name in FIELDS if before[name] != after[name]]
        if changed:
            for name in changed:
                setattr(current, name, after[name])
            saved(current)
            audit.record(by=by, now=now, action="patient updated", patient=current, data={"fields": changed})
    return current


def checked(details: Mapping[str, Any], *, today: date, is_new: bool) -> dict[str, Any]:
    """Return details tidied, or raise InvalidPatient with a sentence for each field that cannot be right."""
    tidy = {name: tidied(value) if isinstance(value, str) else value for name, value in details.items()}
    errors: dict[str, str] = {}
    for field, is_wrong, sentence in faults(tidy, today, is_new):
        if is_wrong:
            errors.setdefault(field, sentence)
    if errors:
        raise InvalidPatient(errors)
    return tidy


def tidied(text: str) -> str:
    """Return a text without control characters, signs that turn its direction and doubled spaces, accents in one form.

    Turned text could pass one name off as another.
    """
    straight = "".join(sign for sign in text if sign not in TURNING)
    visible = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in straight)
    return unicodedata.normalize("NFC", " ".join(visible.split()))


def faults(tidy: Mapping[str, Any], today: date, is_new: bool) -> Iterator[tuple[str, bool, str]]:
    """List each rule as field, whether it is broken, and what to say then; the first broken rule of a field is told."""
    number, phone, email, channel = (tidy[name] for name in ("number", "phone", "email", "channel"))
    yield (
        "number",
        not NUMBER.fullmatch(number) and not (is_new and not number),
        _("A number has 1 to 32 letters, digits, spaces and . / - signs. Leave it empty for the next free one."),
    )
    for field, label in (("family_name", _("family name")), ("given_name", _("given name"))):
        length = len(tidy[field])
        yield (
            field,
            length > 120,
            _("The %(label)s has %(count)s characters, and 120 is the most. Please shorten it.")
            % {"label": label, "count": f"{length:,}"},
        )
        has_letters = any(sign.isalpha() for sign in tidy[field])
        yield (
            field,
            not has_letters,
            _("Please give the %(label)s, as it stands in the patient's papers.") % {"label": label},
        )
    born = tidy["date_of_birth"]
    is_date = isinstance(born, date) and not isinstance(born, datetime)
    yield (
        "date_of_birth",
        not is_date,
        _("Please give the date of birth as day, month and year, for example 12 4 1968."),
    )
    lies_right = is_date and OLDEST_BIRTH <= born <= today
    yield "date_of_birth", not lies_right, _("A date of birth lies between 1900 and today. Please check the year.")
    wrong_phone = bool(phone) and not PHONE.fullmatch(phone)
    yield (
        "phone",
        wrong_phone,
        _("A phone number has digits, spaces and a leading +. Please check it, or leave it empty."),
    )
    no_phone = not phone and channel == Channel.SMS
    yield "phone", no_phone, _("Text messages need a phone number. Please add one, or choose another way.")
    wrong_email = bool(email) and not is_email(email)
    yield "email", wrong_email, _("This is not an e-mail address. Please check it, or leave it empty.")
    no_email = not email and channel == Channel.EMAIL
    yield "email", no_email, _("E-mails need an address. Please add one, or choose another way.")
    yield "channel", channel not in Channel.values, _("Choose no messages, e-mail or text message.")


def is_email(text: str) -> bool:
    """Tell whether a text can be an e-mail address."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254


def find_twin(site: Site, details: Mapping[str, Any]) -> Patient | None:
    """Find a patient of the site with the same date of birth and, but for accents and case, the same name."""
    wanted = folded(f"{details['given_name']} {details['family_name']}")
    begins = plain_text(details["family_name"], details["given_name"], "", "")
    # The database narrows a birthday that thousands share; the whole name is compared here.
    similar = Patient.objects.filter(site=site, date_of_birth=details["date_of_birth"], search_text__startswith=begins)
    twins = (patient for patient in similar.select_related("merged_into") if folded(patient.name) == wanted)
    return next((twin.merged_into or twin for twin in twins), None)


def free_number(resource: Resource) -> str:
    """Return a number that nobody has; resource ids never repeat, so it is almost always the first one tried."""
    taken = set(Patient.objects.filter(number__startswith=f"P{resource.pk:05}").values_list("number", flat=True))
    number, again = f"P{resource.pk:05}", 1
    while number in taken:
        again += 1
        number = f"P{resource.pk:05}-{again}"
    return number


def saved(patient: Patient) -> Patient:
    """Save a patient; a number that somebody else has is a sentence, not a broken constraint."""
    if Patient.objects.filter(number=patient.number).exclude(pk=patient.pk).exists():
        raise _number_taken(patient)
    try:
        with transaction.atomic():
            patient.save()
    except IntegrityError as error:
        raise _number_taken(patient) from error
    keep_keys(patient)
    return patient


def _number_taken(patient: Patient) -> InvalidPatient:
    return InvalidPatient(
        {"number": _("Another patient has the number %(number)s. Please check it.") % {"number": patient.number}}
    )
