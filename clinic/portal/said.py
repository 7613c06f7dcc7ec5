"""What a patient's page says after something was done."""

from django.utils.translation import gettext_lazy as _

SAID = {
    "confirmed": _("Thank you. We know that you will be there."),
    "begun": _("This visit has begun or has changed. Please look below, or call us."),
    "late": _("Thank you for telling us. Please come in all the same; we call you if we need another time."),
    "not-today": _("You can tell us on the day of the visit that you run late."),
    "asked": _("We have your wish. Your visit stays as it is until we have found another time with you."),
    "moved": _("Your visit has moved. We send you a message to confirm, if you get messages from us."),
    "undone": _("It is as it was before."),
    "too-late": _("This cannot be taken back any more. Please ask us instead."),
    "not-undone": _("The time was given to somebody else, or we have worked on it already. Please ask us instead."),
    "wishes": _("Thank you. We tell you in this way from now on."),
    "follow-up": _("Your follow-up visit is booked."),
    "booked-before": _("This follow-up visit has a date already, or is not open for booking."),
}
