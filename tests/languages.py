"""The texts that are translated, and the catalogue that the program reads.

    python -m tests.languages

brings locale/es/LC_MESSAGES/django.po up to date with the texts in use, and compiles it to the .mo beside it. What is
new stands there with an empty translation, which a test refuses.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale/es/LC_MESSAGES/django.po"
# What speaks both languages: all pages but the description of the API, whose codes and names are the contract.
TEMPLATES = ("templates/*.html", "templates/[!a]*/**/*.html", "templates/account/*.html", "templates/allauth/**/*.html")
MODULES = ("clinic/*.py", "clinic/[!a]*/**/*.py")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
NAMES = {"Metronome", "English", "Español", "Ctrl"}  # said alike in every language
SPOKEN = r"aria-label|placeholder|title|alt"
ATTRIBUTE = re.compile(r'[\w-]+="[^"]*"|data-[\w-]+')  # what a block puts into a tag
TAG = re.compile(r"<[^>]*>", re.DOTALL)
HEAD = r"""# The Spanish texts. After a change: python -m tests.languages
#
# One word for one thing, and formal (usted) throughout:
#   assessment: evaluación; authorisation: autorización; availability: disponibilidad; book: reservar; cancel:
#   anular; chair: sillón; clinic, site: clínica; closure: cierre; course: tratamiento; diary: agenda;
#   disruption: incidencia; follow-up: seguimiento; front desk: recepción; gap (free time): hueco; gap (days
#   without): pausa; hold: apartar; make up: recuperar; mapping: mapeo; move: cambiar; no-show: no vino; phase:
#   fase; prescriber: prescriptor; protocol: protocolo; record: ficha; redetermination: redeterminación;
#   referral: derivación; rota: cuadrante; session: sesión; shift: turno; taper: descenso; technician: técnico;
#   visit: visita; waiting list: lista de espera
msgid ""
msgstr ""
"Language: es\n"
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"
"""


def files(patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        found = sorted(set(ROOT.glob(pattern)))
        assert found, pattern
        yield from found


def in_use() -> Catalog:
    """Gather every text that is marked for translation."""
    catalogue = Catalog(locale="es", project="Metronome")
    for path in (*files(TEMPLATES), *files(MODULES)):
        text = path.read_text(encoding="utf-8")
        code = templatize(text, origin=path.name) if path.suffix == ".html" else text
        name = path.relative_to(ROOT).as_posix()
        for _, message, comments, context in extract("python", io.BytesIO(code.encode()), keywords=KEYWORDS):
            catalogue.add(message, locations=[(name, None)], auto_comments=comments, context=context)
    return catalogue


def kept() -> Catalog:
    """Read the catalogue."""
    return read_po(io.BytesIO(CATALOGUE.read_bytes()), locale="es")


def compiled(catalogue: Catalog) -> bytes:
    """Compile a catalogue as the program reads it."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def spoken_outside(template: Path) -> list[str]:
    """Return what a template says without gettext: in its text, and in the attributes that are read out."""
    text = template.read_text(encoding="utf-8")
    for block in (r"comment", r"blocktrans(?:late)?"):
        text = re.sub(rf"{{%\s*{block}\b.*?%}}.*?{{%\s*end{block}\s*%}}", "", text, flags=re.DOTALL)
    text = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", text, flags=re.DOTALL)
    said = re.findall(rf'\b(?:{SPOKEN})="([^"]*)"', text)
    said += TAG.sub("\n", text.replace("<!doctype html>", "")).splitlines()
    lines = (re.sub(r"&\w+;", "", line).strip(" :·") for line in said)
    return [
        line
        for line in lines
        if re.search(r"[^\W\d_]{2}", line) and line not in NAMES and not ATTRIBUTE.fullmatch(line)
    ]


def bring_up_to_date() -> None:
    """Write the catalogue with every text in use, and compile it."""
    catalogue = kept() if CATALOGUE.exists() else Catalog(locale="es", project="Metronome")
    catalogue.update(in_use(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    out = io.BytesIO()
    write_po(out, catalogue, width=110, sort_output=True, omit_header=False, include_lineno=False)
    body = out.getvalue().decode().split("\n\n", 1)[1]  # without the usual head, which has dates
    CATALOGUE.write_text(f"{HEAD}\n{body}", "utf-8")
    CATALOGUE.with_suffix(".mo").write_bytes(compiled(kept()))


if __name__ == "__main__":
    bring_up_to_date()
