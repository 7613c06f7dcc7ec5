"""Carers have links of their own, phones unlock without a date, and staff calendars show a chair or a person."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0011_know_the_last_look_from_the_record"),
    ]

    operations = [
        migrations.CreateModel(
            name="Passkey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("label", models.CharField(blank=True, max_length=80)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("credential", models.BinaryField()),
                (
                    "uses",
                    models.PositiveBigIntegerField(default=0, help_text="As the phone counts them; many always say 0."),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="StaffCalendar",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("label", models.CharField(blank=True, max_length=80)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="patientlink",
            name="carer",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="patientlink",
            name="carer_born",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="patientlink",
            name="may_act",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="patientlink",
            name="relation",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddConstraint(
            model_name="patientlink",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("carer", ""), ("carer_born", None)),
                    models.Q(models.Q(("carer", ""), _negated=True), ("carer_born__isnull", False)),
                    _connector="OR",
                ),
                name="carer_has_a_date_of_birth",
            ),
        ),
        migrations.AddField(
            model_name="passkey",
            name="link",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="passkeys",
                to="clinic.patientlink",
            ),
        ),
        migrations.AddField(
            model_name="passkey",
            name="patient",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="passkeys", to="clinic.patient"
            ),
        ),
        migrations.AddField(
            model_name="staffcalendar",
            name="chair",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="calendars",
                to="clinic.chair",
            ),
        ),
        migrations.AddField(
            model_name="staffcalendar",
            name="technician",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="calendars",
                to="clinic.technician",
            ),
        ),
        migrations.AddConstraint(
            model_name="staffcalendar",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("chair__isnull", False), ("technician", None)),
                    models.Q(("chair", None), ("technician__isnull", False)),
                    _connector="OR",
                ),
                name="staff_calendar_of_one",
            ),
        ),
    ]
