"""Accounts of staff: invite somebody, change role and clinics, switch off, make a link for a new password."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from clinic.frontdesk.staff import StaffRequest, staff
from clinic.models import User
from clinic.permissions import SETUP, accounts_to_arrange, sites_to_arrange
from clinic.selectors.setup.marks import account_mark
from clinic.services.setup import accounts as services

from .forms import SetupForm, sent
from .pages import page


class AccountForm(SetupForm):
    """Ask who somebody is, what they do, and where."""

    name = forms.CharField(label=gettext_lazy("Name"))
    email = forms.CharField(label="E-mail", help_text=gettext_lazy("With it they sign in."))
    role = forms.ChoiceField(label=gettext_lazy("Role"))
    sites = forms.MultipleChoiceField(label=gettext_lazy("Clinics"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, giver: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clinics = [(str(site.uid), site.name) for site in sites_to_arrange(giver).filter(is_active=True)]
        self.fields["sites"].choices = clinics  # type: ignore[attr-defined]
        self.fields["role"].choices = services.roles_to_give(giver)  # type: ignore[attr-defined]


@staff(SETUP)
def accounts(request: StaffRequest) -> HttpResponse:
    """List the accounts, and invite somebody; the link for the password is shown on the answer and never again."""
    clinics = [str(site.uid) for site in sites_to_arrange(request.user).filter(is_active=True)]
    first = {"sites": clinics if len(clinics) == 1 else []}
    form, made = AccountForm(sent(request), giver=request.user, initial=first), list[tuple[User, str]]()
    if form.is_bound and form.carry_out(
        lambda: made.append(services.invite(data=form.said(), giver=request.user, now=timezone.now()))
    ):
        return _list(request, AccountForm(giver=request.user, initial=first), _link(*made[0]) | {"is_mailed": True})
    return _list(request, form)


@staff(SETUP)
def show(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Change an account."""
    user = _account(request, uid)
    form = AccountForm(sent(request), giver=request.user, initial=_known(user))
    if form.is_bound and form.carry_out(
        lambda: services.change(
            user=user, data=form.said(), giver=request.user, now=timezone.now(), seen=form.cleaned_data["seen"]
        )
    ):
        messages.success(request, _("The account of %(name)s is saved.") % {"name": form.cleaned_data["name"]})
        return redirect("frontdesk:setup:accounts")
    return page(request, "account.html", form=form, account=user)


@staff(SETUP)
@require_POST
def state(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Switch an account off or on, or make a link for a new password."""
    user, now, asked = _account(request, uid), timezone.now(), request.POST.get("do", "")
    form, path = SetupForm(request.POST), list[str]()

    def work() -> None:
        if asked == "link":
            path.append(services.new_password_link(user=user, giver=request.user, now=now))
        else:
            services.set_active(user=user, is_active=asked == "on", giver=request.user, now=now)

    if not form.carry_out(work):
        known = AccountForm(giver=request.user, initial=_known(user))
        return page(request, "account.html", form=known, refused=form, account=user)
    if path:
        return _list(request, AccountForm(giver=request.user), _link(user, path[0]))
    messages.success(
        request,
        (
            _("The account of %(user)s is switched on.")
            if asked == "on"
            else _("The account of %(user)s is switched off.")
        )
        % {"user": user},
    )
    return redirect("frontdesk:setup:accounts")


def _list(request: StaffRequest, form: AccountForm, shown: dict[str, Any] | None = None) -> HttpResponse:
    rows = (
        accounts_to_arrange(request.user)
        .select_related("invitation")
        .prefetch_related("sites")
        .order_by("-is_active", "name", "email")
    )
    return page(request, "accounts.html", form=form, accounts=rows, shown=shown)


def _link(user: User, path: str) -> dict[str, Any]:
    days = settings.PASSWORD_RESET_TIMEOUT // 86400
    return {"account": user, "address": settings.BASE_URL + path, "days": days}


def _known(user: User) -> dict[str, Any]:
    sites = [str(site.uid) for site in user.sites.all()]
    return {"name": user.name, "email": user.email, "role": user.role, "sites": sites, "seen": account_mark(user)}


def _account(request: StaffRequest, uid: UUID) -> User:
    return get_object_or_404(accounts_to_arrange(request.user), uid=uid)
