"""The clinic gives other systems their tokens, and takes them back."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from clinic.models import ApiClient


def run(*words: str) -> str:
    out = StringIO()
    call_command("api_client", *words, stdout=out)
    return out.getvalue()


def test_a_token_is_shown_once_opens_its_scopes_and_is_revoked(site):
    said = run("create", "billing", "--scope", "protocols:read", "--site", site.name, "--days", "3000")
    token = said.splitlines()[-1]
    row = ApiClient.objects.get()

    headers = {"Authorization": f"Bearer {token}"}
    assert Client().get("/api/v1/protocols", headers=headers).status_code == 200
    assert Client().get("/api/v1/patients", headers=headers).status_code == 403
    assert list(row.sites.all()) == [site]

    listed = run("list")
    assert str(row.uid) in listed
    assert site.name in listed
    assert token not in listed

    run("revoke", str(row.uid))
    assert Client().get("/api/v1/protocols", headers=headers).status_code == 401
    assert "revoked" in run("list")


@pytest.mark.parametrize(
    "words, sentence",
    [
        (("create", "x", "--scope", "everything", "--site", "Harbour Street Clinic"), "There is no scope 'everything'"),
        (("create", "x", "--scope", "patients:read", "--site", "Nowhere"), "The sites are: Harbour Street Clinic"),
        (("create", " ", "--scope", "patients:read", "--site", "Harbour Street Clinic"), "1 to 80 characters"),
        (
            ("create", "x", "--scope", "patients:read", "--site", "Harbour Street Clinic", "--days", "0"),
            "1 to 3650 days",
        ),
        (("revoke", "17"), "no living client 17"),
        (("revoke", "00000000-0000-4000-8000-000000000000"), "no living client"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(site, words, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(*words)
    assert not ApiClient.objects.exists()
