"""What comes back: delivery reports and answers of the text message service, and the one click that ends e-mails."""

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from clinic.models import Patient
from clinic.models.people import Channel
from clinic.services import contacts, letters, outbox, replies
from clinic.services.audit import Actor

from .signature import is_signed

NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@csrf_exempt
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """Take a delivery report."""
    if not is_signed(request):
        return HttpResponseForbidden()
    outbox.note_report(
        provider_id=request.POST.get("MessageSid", "")[:64],
        status=request.POST.get("MessageStatus", ""),
        code=request.POST.get("ErrorCode", ""),
        now=timezone.now(),
    )
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def text(request: HttpRequest) -> HttpResponse:
    """Take a text message from a patient."""
    if not is_signed(request):
        return HttpResponseForbidden()
    fields = {name: request.POST.get(name, "").replace("\x00", "") for name in ("From", "Body", "MessageSid")}
    replies.take(sender=fields["From"], text=fields["Body"], sid=fields["MessageSid"][:64], now=timezone.now())
    return HttpResponse(NOTHING_TO_SAY, content_type="text/xml")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """End the e-mails to a patient: a mail program posts here by itself, a person is asked first.

    There is no sign-in and no token of a form here, because mail programs have neither (RFC 8058).
    """
    try:
        rows = Patient.objects.select_related("site", "merged_into__site")
        written_to = rows.get(uid=signing.loads(token, salt=letters.STOP_SALT))
    except (signing.BadSignature, Patient.DoesNotExist):
        raise Http404 from None
    patient = written_to.merged_into or written_to
    if request.method == "POST":
        contacts.stop(patient=patient, channel=Channel.EMAIL, by=Actor.of_patient(patient), now=timezone.now())
    with translation.override(letters.wishes_of(patient).language):
        response = render(request, "portal/stop.html", {"site": patient.site, "is_done": request.method == "POST"})
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
