"""Staff, who sign in, and patients, who have a private link."""

import re
import unicodedata
import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .resources import Bookable, Site


class Language(models.TextChoices):
    """The languages in which patients and staff are spoken to."""

    ENGLISH = "en", "English"
    SPANISH = "es", "Español"


class Role(models.TextChoices):
    """What a member of staff does."""

    FRONT_DESK = "front-desk", _("front desk")
    TECHNICIAN = "technician", _("technician")
    PRESCRIBER = "prescriber", _("prescriber")
    MANAGER = "manager", _("practice manager")
    ADMINISTRATOR = "administrator", _("administrator")


class UserManager(BaseUserManager["User"]):
    """Make users, who are known by their e-mail address."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a member of staff."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an administrator who may do everything."""
        return self.create_user(
            email, password, **{"is_staff": True, "is_superuser": True, "role": Role.ADMINISTRATOR} | fields
        )


class User(AbstractUser):
    """A member of staff, who works at some sites in one role."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=20, choices=Role, default=Role.FRONT_DESK)
    sites = models.ManyToManyField(Site, blank=True, related_name="staff")
    language = models.CharField(max_length=2, choices=Language, blank=True, help_text="Empty: that of the browser.")
    has_shortcuts = models.BooleanField(default=True, help_text="Single keys, such as / for finding a patient.")

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """Return the name to show."""
        return str(self)

    def get_short_name(self) -> str:
        """Return the first word of the name."""
        return str(self).split()[0]

    @property
    def initials(self) -> str:
        """Return up to two initials."""
        return "".join(word[0] for word in str(self).split()[:2]).upper()


class Channel(models.TextChoices):
    """How a patient wants to be told."""

    NONE = "none", _("no messages")
    EMAIL = "email", _("e-mail")
    SMS = "sms", _("text message")


class Patient(Bookable):
    """A person who is treated; `search_text` holds the plain words of name, number and phone, for finding."""

    number = models.CharField(max_length=32, unique=True)
    family_name = models.CharField(max_length=120)
    given_name = models.CharField(max_length=120)
    date_of_birth = models.DateField()
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.NONE)
    site = models.ForeignKey(Site, models.PROTECT, related_name="patients")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="former_records")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)
    search_text = models.CharField(max_length=400, editable=False, db_index=True)

    class Meta:
        ordering = ["family_name", "given_name"]
        indexes = [models.Index(fields=["date_of_birth"], name="patient_by_birth")]
        constraints = [
            models.CheckConstraint(condition=~Q(merged_into=F("pk")), name="patient_merged_into_another_record")
        ]

    def __str__(self) -> str:
        return f"{self.family_name.upper()}, {self.given_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row with the text by which it is found."""
        self.search_text = plain_text(self.family_name, self.given_name, self.number, self.phone)
        super().save(*args, **kwargs)

    @property
    def name(self) -> str:
        """Return given and family name, as one says them."""
        return f"{self.given_name} {self.family_name}"

    @property
    def initials(self) -> str:
        """Return two initials."""
        return f"{self.given_name[:1]}{self.family_name[:1]}".upper()


class PatientKey(models.Model):
    """One key under which a patient is looked up: the start of a word of the name, with or without one letter left out,
    and then the word itself; or the whole number or phone. Equal keys are found by index, whatever the collation.
    """

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="keys")
    key = models.CharField(max_length=40)
    word = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "word", "patient"], name="patient_key_once")]

    def __str__(self) -> str:
        return self.key


# Letters that are a sign of their own for Unicode, and an accented one for whoever types a name.
PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)
APOSTROPHES = re.compile(r"['’‘ʼ`´]")


def folded(text: str) -> str:
    """Return a text without accents, case and doubled spaces, so that people find each other."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return " ".join(plain.casefold().translate(PLAIN_LETTERS).split())


def plain_words(text: str) -> list[str]:
    """Return the words of a text as they are compared: folded, O'Brien as one word, Smith-Jones as two."""
    return re.findall(r"[^\W_]+", APOSTROPHES.sub("", folded(text)))


def digits_of(text: str) -> str:
    """Return the digits of a phone number alone."""
    return re.sub(r"\D", "", text)


def plain_text(family_name: str, given_name: str, number: str, phone: str) -> str:
    """Return the words by which a patient is found, a space before each; the phone is one word."""
    words = [*plain_words(f"{family_name} {given_name} {number}"), digits_of(phone)]
    return "".join(f" {word}" for word in words if word)[:400]
