"""Accounts of staff: who may give what, the link for the password, and that nobody is locked out."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from clinic.logs import without_secrets
from clinic.models import AccountMail, AuditEntry, User
from clinic.models.messages import MessageStatus
from clinic.models.people import Role
from clinic.notifications import channels
from clinic.notifications.letter import NotDelivered
from clinic.services import outbox
from clinic.services.booking import NotPossible
from clinic.services.setup import accounts

from .builders import NOW, make_user
from .lines import FakeLine
from .pages import page_of

pytestmark = pytest.mark.usefixtures("clock")
PASSWORD = "a long and private one"


@pytest.fixture
def ruth(site):
    return make_user(site, name="Ruth Adeyemi", email="ruth@example.org", role=Role.MANAGER)


@pytest.fixture
def manager(client, ruth):
    client.force_login(ruth)
    return client


@pytest.fixture
def invite(manager, site):
    def send(**changes):
        plain = {"name": "Theo Marchetti", "email": "theo@example.org", "role": "front-desk", "sites": [str(site.uid)]}
        return manager.post(reverse("frontdesk:setup:accounts"), plain | changes)

    return send


@pytest.fixture
def change(manager):
    def send(user, **changes):
        url = reverse("frontdesk:setup:account", args=[user.uid])
        form = manager.get(url).context["form"]
        return manager.post(url, {field.name: field.value() for field in form} | changes)

    return send


def act(manager, user, what):
    return manager.post(reverse("frontdesk:setup:account-state", args=[user.uid]), {"do": what})


def link_in(answer):
    return re.search(r"/accounts/password/reset/key/[\w-]+/", page_of(answer))[0]


def test_somebody_who_is_invited_chooses_a_password_and_signs_in(invite, site):
    link = link_in(invite())

    theo = Client()
    form = theo.get(link, follow=True)
    theo.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    answer = theo.post("/accounts/login/", {"login": "theo@example.org", "password": PASSWORD})

    user = User.objects.get(email="theo@example.org")
    assert answer["Location"] == "/"
    assert (user.role, list(user.sites.all())) == (Role.FRONT_DESK, [site])
    assert AuditEntry.objects.filter(action="account made", actor="Ruth Adeyemi").exists()


def test_an_e_mail_brings_the_link_once_and_names_nothing_but_the_clinic(invite, site):
    invite()
    for minutes in (0, 1):
        outbox.deliver_invitations(NOW + timedelta(minutes=minutes))

    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["theo@example.org"], f"Your account at {site.public_name}")
    link = re.search(r"http://localhost:8000(/accounts/password/reset/key/[\w-]+/)", letter.body)[1]
    theo = Client()
    form = theo.get(link, follow=True)
    theo.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.get(email="theo@example.org").check_password(PASSWORD)
    assert link not in str(list(AccountMail.objects.values_list()))


@pytest.mark.parametrize("why", ["switched off", "has a password"])
def test_nobody_is_invited_who_needs_no_invitation_any_more(invite, why):
    invite()
    theo = User.objects.get(email="theo@example.org")
    if why == "switched off":
        theo.is_active = False
    else:
        theo.set_password(PASSWORD)
    theo.save()

    outbox.deliver_invitations(NOW)

    assert not mail.outbox
    assert theo.invitation.status == MessageStatus.CANCELLED


def test_an_invitation_that_is_refused_is_tried_again_and_one_that_did_not_arrive_is_seen(invite, manager, monkeypatch):
    answers = iter([ConnectionRefusedError(), NotDelivered("The mail server answered 550.", is_final=True)])

    def refuse(letter):
        raise next(answers)

    monkeypatch.setitem(channels.LINES, "email", lambda: FakeLine(refuse))
    invite()

    outbox.deliver_invitations(NOW)
    assert "e-mail not delivered" not in page_of(manager.get(reverse("frontdesk:setup:accounts")))
    outbox.deliver_invitations(NOW + timedelta(minutes=2))

    assert "e-mail not delivered" in page_of(manager.get(reverse("frontdesk:setup:accounts")))


def test_a_link_for_a_password_works_once(invite):
    link = link_in(invite())
    form = Client().get(link, follow=True)
    theo = Client()
    theo.get(link)
    theo.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})

    again = Client().get(link, follow=True)

    assert "password1" not in page_of(again)


def test_a_link_for_a_password_is_in_no_log_and_on_no_later_page(invite, manager):
    link = link_in(invite())

    assert link not in without_secrets(f"GET {link} 302")
    assert link not in page_of(manager.get(reverse("frontdesk:setup:accounts")))


def test_nobody_signs_in_before_the_password_is_chosen(invite):
    invite()

    assert Client().post("/accounts/login/", {"login": "theo@example.org", "password": ""}).status_code == 200


def test_an_address_that_is_known_gets_no_second_account(invite):
    invite()
    again = invite(email="THEO@example.org")

    assert again.status_code == 422
    assert "Somebody has an account with this address" in page_of(again)
    assert User.objects.filter(email__iexact="theo@example.org").count() == 1


@pytest.mark.parametrize(
    "field, value, words",
    [
        ("name", "", "Please give the name"),
        ("name", "x" * 10_000, "10,000 characters"),
        ("email", "theo", "This is not an e-mail address"),
        ("email", "x" * 10_000 + "@example.org", "characters"),
        ("role", "administrator", "not one of the choices"),
        ("role", "king", "not one of the choices"),
        ("sites", [], "Choose at least one clinic"),
    ],
)
def test_what_cannot_be_is_a_sentence(invite, field, value, words):
    answer = invite(**{field: value})

    assert answer.status_code == 422
    assert words in page_of(answer)
    assert not User.objects.filter(name="Theo Marchetti").exists()


def test_a_manager_gives_no_clinic_that_is_not_theirs(invite, other_site):
    assert invite(sites=[str(other_site.uid)]).status_code == 422
    assert not User.objects.filter(email="theo@example.org").exists()


def test_only_an_administrator_makes_administrators(site):
    assert Role.ADMINISTRATOR not in dict(accounts.roles_to_give(make_user(site, role=Role.MANAGER)))
    assert Role.ADMINISTRATOR in dict(accounts.roles_to_give(make_user(role=Role.ADMINISTRATOR)))


@pytest.mark.parametrize("fields", [{"role": Role.ADMINISTRATOR}, {"is_superuser": True}])
@pytest.mark.parametrize("what", ["off", "link"])
def test_a_manager_does_not_touch_an_administrator(manager, site, fields, what):
    boss = make_user(site, **fields)

    assert act(manager, boss, what).status_code == 404
    assert manager.get(reverse("frontdesk:setup:account", args=[boss.uid])).status_code == 404
    assert str(boss.uid) not in page_of(manager.get(reverse("frontdesk:setup:accounts")))


def test_a_manager_does_not_touch_who_also_works_elsewhere(manager, site, other_site):
    both = make_user(site, other_site)

    assert act(manager, both, "off").status_code == 404


def test_role_and_name_are_changed(change, imogen):
    change(imogen, name="Imogen Vale-Hart", role="technician")

    imogen.refresh_from_db()
    assert (imogen.name, imogen.role) == ("Imogen Vale-Hart", Role.TECHNICIAN)
    assert AuditEntry.objects.get(action="account changed").data["fields"] == ["name", "role"]


def test_an_old_page_overwrites_nothing(change, imogen):
    answer = change(imogen, name="Imogen Hart", seen="what-was-before")

    assert "Somebody else changed this" in page_of(answer)


def test_an_account_that_is_switched_off_is_signed_out_at_once(manager, desk, imogen, ruth):
    own = Client()
    own.force_login(ruth)
    theirs = Client()
    theirs.force_login(imogen)
    assert theirs.get("/patients/").status_code == 200

    act(own, imogen, "off")

    assert theirs.get("/patients/").status_code == 302
    act(own, imogen, "on")
    assert User.objects.get(pk=imogen.pk).is_active


def test_nobody_takes_the_own_role_or_switches_the_own_account_off(manager, change, ruth):
    assert "your own account" in page_of(change(ruth, role="front-desk"))
    assert "your own account" in page_of(act(manager, ruth, "off"))
    ruth.refresh_from_db()
    assert (ruth.role, ruth.is_active) == (Role.MANAGER, True)


def test_the_own_name_may_change(change, ruth):
    change(ruth, name="Ruth Adeyemi-Cole")

    ruth.refresh_from_db()
    assert ruth.name == "Ruth Adeyemi-Cole"


def test_two_who_switch_each_other_off_at_one_moment_leave_one(ruth, site):
    vera = make_user(site, role=Role.MANAGER)
    accounts.set_active(user=vera, is_active=False, giver=ruth, now=NOW)

    with pytest.raises(NotPossible, match="role was changed a moment ago"):
        accounts.set_active(user=ruth, is_active=False, giver=vera, now=NOW)

    assert User.objects.get(pk=ruth.pk).is_active


def test_a_new_password_link_leaves_the_old_password_until_it_is_used(manager, imogen):
    imogen.set_password(PASSWORD)
    imogen.save()

    answer = act(manager, imogen, "link")

    assert link_in(answer)
    assert Client().login(email=imogen.email, password=PASSWORD)


def test_a_switched_off_account_gets_no_link(manager, imogen):
    act(manager, imogen, "off")

    assert "switched off" in page_of(act(manager, imogen, "link"))
