"""A clinic can be open on a public holiday in spite of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0009_merge_records"),
    ]

    operations = [
        migrations.AddField(
            model_name="site",
            name="open_holidays",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Public holidays on which the site is open in spite of them, as dates.",
            ),
        ),
    ]
