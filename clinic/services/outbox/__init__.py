"""Messages to patients: a row in the transaction of its cause, held until the cause can no longer be undone.

The rows are the truth. A worker claims one by an update that only one worker can win, looks again whether it is still
right, sends it and says so. A worker that dies leaves a lease that runs out, and then the message is tried again.
"""

from .changing import plan_change_message, plan_move_message
from .claiming import LEASE, MOST_ATTEMPTS
from .invitations import deliver_invitations, plan_invitation
from .planning import (
    forget_finished,
    plan_cancel_message,
    plan_course_messages,
    plan_offer_message,
    withdraw,
)
from .reminding import plan_due_reminders
from .sending import BACK_OFF, deliver_due
from .settling import note_report, take_bounce, told_by_phone, try_again

__all__ = [
    "BACK_OFF",
    "LEASE",
    "MOST_ATTEMPTS",
    "deliver_due",
    "deliver_invitations",
    "forget_finished",
    "note_report",
    "plan_cancel_message",
    "plan_change_message",
    "plan_course_messages",
    "plan_due_reminders",
    "plan_invitation",
    "plan_move_message",
    "plan_offer_message",
    "take_bounce",
    "told_by_phone",
    "try_again",
    "withdraw",
]
