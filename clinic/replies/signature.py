"""The signature of the text message service: what it sends is signed with the key that only it and the clinic know."""

import base64
import hashlib
import hmac

from django.conf import settings
from django.http import HttpRequest, QueryDict

from clinic.notifications.channels import service_key


def is_signed(request: HttpRequest) -> bool:
    """Tell whether a request comes from the service; without a key nothing does."""
    key = service_key()
    if not key:
        return False
    given = request.headers.get("X-Twilio-Signature", "")
    wanted = signature(settings.BASE_URL + request.get_full_path(), request.POST, key)
    return hmac.compare_digest(given.encode(), wanted.encode())


def signature(address: str, fields: QueryDict, key: str) -> str:
    """Sign an address and the fields of a form, in order of their names."""
    pairs = "".join(name + value for name in sorted(fields) for value in sorted(set(fields.getlist(name))))
    return base64.b64encode(hmac.new(key.encode(), (address + pairs).encode(), hashlib.sha1).digest()).decode()
