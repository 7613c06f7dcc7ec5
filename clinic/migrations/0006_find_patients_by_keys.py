"""Patients are looked up by keys, which forgive a wrong letter, and by plain words."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from clinic.models.people import plain_text
from clinic.selectors.spelling import name_keys

BATCH = 2000


def write_keys(apps: Any, schema_editor: Any) -> None:
    """Write the keys and the plain words of all patients."""
    patient_rows, key_rows = (apps.get_model("clinic", name).objects for name in ("Patient", "PatientKey"))
    keys = list(patient_rows.order_by("pk").values_list("pk", flat=True))
    for first in range(0, len(keys), BATCH):
        batch = list(patient_rows.filter(pk__in=keys[first : first + BATCH]))
        for row in batch:
            row.search_text = plain_text(row.family_name, row.given_name, row.number, row.phone)
        patient_rows.bulk_update(batch, ["search_text"], batch_size=500)
        key_rows.bulk_create(
            (
                key_rows.model(patient_id=row.pk, key=key, word=word)
                for row in batch
                for key, word in sorted(name_keys(row))
            ),
            batch_size=BATCH,
        )


class Migration(migrations.Migration):
    dependencies = [("clinic", "0005_write_any_time_as_null")]
    operations = [
        migrations.CreateModel(
            name="PatientKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=40)),
                ("word", models.CharField(blank=True, max_length=120)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="keys", to="clinic.patient"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("key", "word", "patient"), name="patient_key_once")],
            },
        ),
        migrations.RunPython(write_keys, migrations.RunPython.noop),
    ]
