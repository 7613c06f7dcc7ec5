"""A clinic may have the calendar entry of a visit sent with the e-mail about it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0015_find_what_running_courses_lack"),
    ]

    operations = [
        migrations.AddField(
            model_name="messagerules",
            name="sends_entries",
            field=models.BooleanField(default=False, help_text="E-mails about one visit carry its calendar entry."),
        ),
    ]
