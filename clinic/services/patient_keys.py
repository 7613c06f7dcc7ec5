"""The keys under which patients are looked up, written in the transaction of whatever changes a patient."""

from collections.abc import Sequence

from clinic.models import Patient, PatientKey
from clinic.selectors.spelling import rows_of

BATCH = 5000


def add_keys(patients: Sequence[Patient]) -> None:
    """Write the keys of new patients."""
    PatientKey.objects.bulk_create(rows_of(patients), batch_size=BATCH)


def keep_keys(patient: Patient) -> None:
    """Write the keys of a patient as name, number and phone are now."""
    PatientKey.objects.filter(patient=patient).delete()
    add_keys([patient])
