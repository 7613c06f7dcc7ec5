"""Take over patients from a spreadsheet."""

from clinic.management.importing import ImportCommand
from clinic.services import patient_imports


class Command(ImportCommand):
    """Register the patients of a CSV file, all or none."""

    help = "Register the patients of a CSV file. Columns and examples: docs/importing.md."
    what = "patients"
    needed, optional = patient_imports.PATIENT_COLUMNS, patient_imports.PATIENT_OPTIONS
    take_over = staticmethod(patient_imports.import_patients)
