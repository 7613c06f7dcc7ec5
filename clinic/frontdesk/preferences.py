"""What members of staff choose for themselves."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from clinic.permissions import SEE
from clinic.services.preferences import use_shortcuts

from .staff import StaffRequest, staff


@staff(SEE)
def shortcuts(request: StaffRequest) -> HttpResponse:
    """Let somebody switch the single keys off, which speech input and a slip of the hand set off."""
    if request.method != "POST":
        return render(request, "frontdesk/shortcuts.html")
    wanted = request.POST.get("wanted") == "1"
    use_shortcuts(user=request.user, wanted=wanted, now=timezone.now())
    messages.success(request, "Single keys act again." if wanted else "Single keys do nothing from now on.")
    return redirect("frontdesk:shortcuts")
