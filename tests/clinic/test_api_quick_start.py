"""The quick start in docs/api.md works, word for word."""

import re
import shlex
import textwrap
from pathlib import Path
from string import Template

import pytest

from clinic.models import Course, Session
from clinic.services.protocols import install_catalogue

from .builders import make_patient
from .calling import Caller

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return [textwrap.dedent(text) for text in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.django_db(transaction=True)
def test_the_quick_start_books_a_course_and_moves_a_session(live_server, clinic):
    install_catalogue()
    patient = make_patient(clinic, number="004118")
    billing = Caller(clinic)
    words = {"METRONOME": live_server.url, "TOKEN": billing.token, "PATIENT": patient.uid, "MONDAY": "2027-06-07"}

    answers = [curl(billing, Template(block).substitute(words)) for block in blocks("sh")]
    assert [answer.status_code for answer in answers] == [200, 200, 201], answers[-1].content
    assert answers[0].json()["items"][0]["id"] == str(patient.uid)
    assert len(answers[1].json()["plans"][0]["sessions"]) >= 10
    assert Course.objects.get().sessions.exclude(kind="follow-up").count() == 10

    (program,) = blocks("python")
    spoken: dict[str, object] = {"TOKEN": billing.token, "METRONOME": live_server.url}
    exec(program, spoken)
    assert Session.objects.get(version=1).starts_at.isoformat()
    assert spoken["moved"]["start"] == spoken["change"]["start"]


def curl(billing: Caller, line: str):
    """Send what a curl line says."""
    words = shlex.split(line.replace("\\\n", " "))
    headers, data, url = {}, None, words[1]
    for option, value in zip(words[2::2], words[3::2], strict=True):
        if option == "-H":
            name, _, text = value.partition(": ")
            headers[name] = text
        else:
            assert option == "-d"
            data = value
    assert headers.pop("Authorization") == f"Bearer {billing.token}"
    headers.pop("Content-Type", None)
    path = url.partition("/api/v1/")[2]
    return billing("GET" if data is None else "POST", path, data, **headers)
