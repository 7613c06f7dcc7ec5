"""The clinic's own texts and rules of messages: look at one before it is kept, keep it, or go back."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.models import Site
from clinic.models.people import Language
from clinic.notifications import texts as standard
from clinic.permissions import SETUP
from clinic.selectors.message_texts import CHANNELS, rules_form, written_texts
from clinic.selectors.written import weekday
from clinic.services import message_settings

from .staff import StaffRequest, actor, chosen_site, staff


@staff(SETUP)
def texts(request: StaffRequest) -> HttpResponse:
    """Show all texts with previews; keep one, look at one, or go back to the one that comes with the program."""
    site = _site(request)
    language = request.GET.get("language", (get_language() or Language.ENGLISH)[:2])
    if language not in Language.values:
        raise Http404
    if request.method != "POST":
        return _page(request, site, language)
    template, _other, channel = request.POST.get("which", "").partition(".")
    if template not in standard.TEMPLATES or channel not in CHANNELS:
        raise Http404
    text = request.POST.get("text", "").replace("\r\n", "\n")
    which: dict[str, Any] = {"site": site, "template": template, "channel": channel, "language": language}
    deed: dict[str, Any] = {"by": actor(request), "now": timezone.now()}
    try:
        if request.POST.get("do") == "standard":
            message_settings.use_standard(**which, **deed)
            messages.success(request, _("This is again the text that comes with the program."))
        elif request.POST.get("do") == "look":
            standard.checked(text, template, channel, site.public_name)
            return _page(request, site, language, tried=(f"{template}.{channel}", text, ""))
        else:
            message_settings.save_text(**which, text=text, **deed)
            messages.success(request, _("The text is kept, and used from now on."))
    except standard.TextRefused as refused:
        return _page(request, site, language, tried=(f"{template}.{channel}", text, str(refused)), status=422)
    return _back(site, language)


@staff(SETUP)
@require_POST
def rules(request: StaffRequest) -> HttpResponse:
    """Keep what is said when, and what patients may move themselves."""
    site = _site(request)
    said = {name: str(value)[:100] for name, value in request.POST.items()}
    try:
        message_settings.save_rules(site=site, said=said, by=actor(request), now=timezone.now())
    except message_settings.RulesRefused as refused:
        return _page(request, site, Language.ENGLISH, rules_error=str(refused), status=422)
    messages.success(request, _("The rules are kept, and hold from now on."))
    return _back(site, Language.ENGLISH)


def _site(request: StaffRequest) -> Site:
    site = chosen_site(request)
    if site is None:
        raise Http404
    return site


def _back(site: Site, language: str) -> HttpResponse:
    response = redirect("frontdesk:texts")
    response["Location"] += f"?site={site.uid}&language={language}"
    return response


def _page(
    request: StaffRequest,
    site: Site,
    language: str,
    *,
    tried: tuple[str, str, str] = ("", "", ""),
    rules_error: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "site": site,
        "language": language,
        "languages": Language.choices,
        "texts": written_texts(site, language, tried=tried),
        "rules": rules_form(site),
        "rules_error": rules_error,
        "weekdays": [(str(number), weekday(number)) for number in range(7)],
    }
    return render(request, "frontdesk/message_texts.html", context, status=status)
