"""Take over booked sessions from a spreadsheet."""

from clinic.management.importing import ImportCommand
from clinic.services import session_imports


class Command(ImportCommand):
    """Book the sessions of a CSV file, all or none."""

    help = "Book the sessions of a CSV file. Columns and examples: docs/importing.md."
    what = "sessions"
    needed, optional = session_imports.SESSION_COLUMNS, session_imports.SESSION_OPTIONS
    take_over = staticmethod(session_imports.import_sessions)
