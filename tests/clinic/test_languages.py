"""All pages speak English and Spanish: every text, and the language of each patient and member of staff."""

import gettext
import re

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEntry, ContactWishes
from clinic.portal.births import birth_of
from clinic.services import access
from tests import languages

from .builders import NOW
from .test_portal_schedule import DESK, clock, course, phone, signed_in, text_of  # noqa: F401  the fixtures of that page

TRANSLATED = list(languages.files(languages.TEMPLATES))


@pytest.fixture
def link(margaret):
    return reverse("portal:open", args=[access.new_patient_link(patient=margaret, label="", by=DESK, now=NOW)[1]])


@pytest.mark.parametrize("template", TRANSLATED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_text_of_a_page_is_outside_gettext(template):
    assert languages.spoken_outside(template) == []


@pytest.mark.parametrize(
    "markup, said",
    [
        ("<p>Call us</p>", ["Call us"]),
        ('<a aria-label="Call us"></a>', ["Call us"]),
        ('<p>{% trans "Call us" %} {{ phone }}</p>', []),
        ("{% blocktrans %}Call <b>us</b>{% endblocktrans %} · ", []),
        ('<p class="call us">&nbsp;</p>', []),
    ],
)
def test_a_text_outside_gettext_is_recognised(tmp_path, markup, said):
    page = tmp_path / "page.html"
    page.write_text(markup)

    assert languages.spoken_outside(page) == said


def test_every_text_in_use_has_a_spanish_one_and_none_is_left_over():
    wanted = {message.id for message in languages.in_use() if message.id}
    known = {message.id: message for message in languages.kept() if message.id}

    assert wanted == known.keys()
    untold = [name for name, message in known.items() if not all(_strings(message)) or message.fuzzy]
    assert untold == []


def test_a_translation_says_the_same_facts():
    for message in languages.kept():
        wanted = [_facts(text) for text in _strings(message, "id")]
        for said, allowed in zip(_strings(message), (wanted, wanted[-1:]), strict=False):
            assert not message.id or _facts(said) in allowed, message.id


def test_the_program_reads_what_the_catalogue_says():
    with languages.CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    for message in languages.kept():
        if message.context:
            assert compiled.pgettext(message.context, message.id) == message.string
        elif message.id and not message.pluralizable:
            assert compiled.gettext(message.id) == message.string
        elif message.id:
            assert [compiled.ngettext(*message.id, count) for count in (1, 2)] == list(message.string)


def _facts(text):
    return set(re.findall(r"%\(\w+\)[sd]|{\w+}", text))


def _strings(message, side="string"):
    said = getattr(message, side)
    return said if isinstance(said, tuple | list) else (said,)


def test_a_patient_reads_the_schedule_in_spanish(margaret, phone):  # noqa: F811
    ContactWishes.objects.create(patient=margaret, language="es")

    answer = phone.get("/my/")
    page = text_of(answer)

    assert '<html lang="es">' in answer.content.decode()
    assert "Dentro de 3 días: Sesión 6 de 10 8:30 lunes 23 de noviembre" in page
    assert "15 minutos antes de lo habitual" in page
    assert "noviembre de 2026" in page
    assert not re.search(r"\b(Your|session|Monday|November|Call us|Next week)\b", page)


def test_before_the_sign_in_the_browser_says_the_language(link):
    page = text_of(Client().get(link, headers={"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}))

    assert "Escriba su fecha de nacimiento" in page or "escriba su fecha de nacimiento" in page
    assert "To keep them private" in text_of(Client().get(link, headers={"Accept-Language": "de,en-US;q=0.5"}))


def test_a_wrong_date_is_refused_in_the_language_of_the_page(link, clock):  # noqa: F811
    answer = Client().post(link, {"day": "1", "month": "enero", "year": "1950"}, headers={"Accept-Language": "es"})

    assert answer.status_code == 404
    assert "Así no se han abierto sus citas" in text_of(answer)


def test_the_language_is_switched_before_and_after_the_sign_in(margaret, link, clock):  # noqa: F811
    browser = Client()
    back = browser.post("/my/language/", {"language": "es", "page": link})
    assert back["Location"] == link
    assert "Ver mis citas" in text_of(browser.get(link))

    browser.post(link, {"day": "12", "month": "abril", "year": "1968"})
    browser.post("/my/language/", {"language": "es", "page": "/my/"})
    assert margaret.wishes.language == "es"
    assert AuditEntry.objects.filter(patient=margaret, action="contact wishes noted").exists()
    assert "Sus sesiones" in text_of(browser.get("/my/"))

    browser.post("/my/language/", {"language": "en", "page": "/my/"})
    assert "Your sessions" in text_of(browser.get("/my/"))


@pytest.mark.parametrize("page", ["https://elsewhere.example/my/", "//elsewhere.example", "/", "", "/my/sign-out/"])
def test_switching_the_language_leads_nowhere_else(phone, page):  # noqa: F811
    assert phone.post("/my/language/", {"language": "es", "page": page})["Location"] == "/my/"


def test_a_made_up_language_changes_nothing(margaret, phone):  # noqa: F811
    answer = phone.post("/my/language/", {"language": "xx", "page": "/my/"})

    assert answer.status_code == 302
    assert not ContactWishes.objects.filter(patient=margaret).exists()


def test_the_language_of_one_patient_is_not_that_of_another(margaret, pia, phone, clock):  # noqa: F811
    ContactWishes.objects.create(patient=margaret, language="es")
    phone.get("/my/")

    assert "Nothing is booked" in text_of(signed_in(pia, clock[0]).get("/my/"))


@pytest.mark.parametrize("month", ["4", "April", "apr", "abril", "ABR"])
def test_a_month_is_read_in_both_languages(month):
    assert str(birth_of("12", month, "1968", today=NOW.date())) == "1968-04-12"


@pytest.mark.parametrize("month", ["ma", "x", "13", "j"])
def test_a_month_that_can_be_several_is_none(month):
    assert birth_of("12", month, "1968", today=NOW.date()) is None
