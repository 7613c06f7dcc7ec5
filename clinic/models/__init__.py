"""Every table of the clinic, grouped by what it is about."""

from .access import ApiClient, AuditEntry, CalendarLink, IdempotencyKey, Passkey, PatientLink, StaffCalendar
from .contacts import Confirmation, ContactWishes, DeskTask, MessageRules, ReminderLook
from .courses import Course, Occupancy, Proposal, Session
from .disruptions import Disruption, Replan, ReplanChange
from .merges import Merge
from .messages import AccountMail, MessageText, OutboundMessage
from .people import Patient, PatientKey, User
from .protocols import Protocol
from .referrals import Admission, Referral
from .repairs import Decision, Repair
from .resources import Absence, Chair, Closure, Prescriber, Resource, Shift, Site, Technician
from .what_if import WhatIf

__all__ = [
    "Absence",
    "AccountMail",
    "Admission",
    "ApiClient",
    "AuditEntry",
    "CalendarLink",
    "Chair",
    "Closure",
    "Confirmation",
    "ContactWishes",
    "Course",
    "Decision",
    "DeskTask",
    "Disruption",
    "IdempotencyKey",
    "Merge",
    "MessageRules",
    "MessageText",
    "Occupancy",
    "OutboundMessage",
    "Passkey",
    "Patient",
    "PatientKey",
    "PatientLink",
    "Prescriber",
    "Proposal",
    "Protocol",
    "Referral",
    "ReminderLook",
    "Repair",
    "Replan",
    "ReplanChange",
    "Resource",
    "Session",
    "Shift",
    "Site",
    "StaffCalendar",
    "Technician",
    "User",
    "WhatIf",
]
