"""What members of staff choose for themselves: their language, single keys, and the clinic where they are."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.models.people import Language
from clinic.permissions import SEE
from clinic.services.preferences import speak, use_shortcuts

from .place import language_of, place_of
from .staff import StaffRequest, staff

# Pages that show one clinic, which are shown again for another; any other page leads to the day.
OF_A_CLINIC = frozenset(
    {"day", "gaps", "disruptions", "report", "risks", "waiting", "messages", "texts", "capacity", "figures", "todo"}
)


@staff(SEE)
def shortcuts(request: StaffRequest) -> HttpResponse:
    """Let somebody switch the single keys off, which speech input and a slip of the hand set off."""
    if request.method != "POST":
        return render(request, "frontdesk/shortcuts.html")
    wanted = request.POST.get("wanted") == "1"
    use_shortcuts(user=request.user, wanted=wanted, now=timezone.now())
    messages.success(request, _("Single keys act again.") if wanted else _("Single keys do nothing from now on."))
    return redirect("frontdesk:shortcuts")


@staff(SEE)
def language(request: StaffRequest) -> HttpResponse:
    """Let somebody choose the language of the pages."""
    chosen = request.POST.get("language", "")
    if request.method != "POST" or chosen not in ("", *Language.values):
        context = {"languages": Language.choices, "wrong": request.method == "POST"}
        return render(request, "frontdesk/language.html", context, status=422 if context["wrong"] else 200)
    speak(user=request.user, language=chosen, now=timezone.now())
    with translation.override(language_of(request)):
        messages.success(request, _("The pages are in this language from now on."))
    return redirect("frontdesk:language")


@staff(SEE)
@require_POST
def here(request: StaffRequest) -> HttpResponse:
    """Go to another of one's clinics, and stay there until another is chosen."""
    place = place_of(request)
    site = next((site for site in place.sites if str(site.uid) == request.POST.get("here")), None)
    if site is None:
        raise Http404
    place.remember(site)
    return redirect(_page_of(request.POST.get("page", "")))


def _page_of(path: str) -> str:
    """Return the page that somebody was on, if it shows one clinic."""
    try:
        match = resolve(path)
    except Resolver404:
        match = None
    is_shown_again = match is not None and match.namespace == "frontdesk" and match.url_name in OF_A_CLINIC
    return path if is_shown_again else reverse("frontdesk:today")
