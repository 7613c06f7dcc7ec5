"""Requests that were stored with an empty availability meant any time; an empty one is refused from now on."""

from typing import Any

from django.db import migrations


def write_any_time_as_null(apps: Any, schema_editor: Any) -> None:
    """Set the availability of such requests to null."""
    for name in ("Course", "Proposal", "Referral"):
        rows = apps.get_model("clinic", name).objects.filter(request__availability="")
        for row in rows.only("pk", "request").iterator():
            row.request["availability"] = None
            row.save(update_fields=["request"])
    for repair in apps.get_model("clinic", "Repair").objects.filter(before__request__availability="").iterator():
        repair.before["request"]["availability"] = None
        repair.save(update_fields=["before"])


class Migration(migrations.Migration):
    dependencies = [("clinic", "0004_keep_a_waiting_list")]
    operations = [migrations.RunPython(write_any_time_as_null, migrations.RunPython.noop)]
