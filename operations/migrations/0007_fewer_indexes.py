"""Two indexes of requests for five: each move of a request writes them all.

Made and dropped concurrently on PostgreSQL: nobody who writes is locked out. An interrupted run may
be repeated.
"""

import django.db.models.deletion
from django.db import migrations, models

from operations.statuses import RunStatus

RUNS = "operations_commandrun"
NEW = [
    models.Index(fields=["command", "id"], name="runs_by_command"),
    models.Index(fields=["status", "id"], name="runs_by_status"),
]
# Django's own for these alone (on PostgreSQL texts have two): other indexes begin with them.
OLD = [["command"], ["status"], ["station_id"]]


def concurrently(schema_editor):
    return schema_editor.connection.vendor == "postgresql"


def old_indexes(schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, RUNS)
    for name, index in found.items():
        if index["index"] and index["columns"] in OLD and name.startswith(f"{RUNS}_"):
            yield name


def drop_index(schema_editor, name):
    how = "CONCURRENTLY" if concurrently(schema_editor) else ""
    schema_editor.execute(f"DROP INDEX {how} IF EXISTS {schema_editor.quote_name(name)}")


def exchange(apps, schema_editor):
    model = apps.get_model("operations", "commandrun")
    how = {"concurrently": True} if concurrently(schema_editor) else {}
    for index in NEW:
        # One that was interrupted is left behind, invalid.
        drop_index(schema_editor, index.name)
        schema_editor.add_index(model, index, **how)
    for name in list(old_indexes(schema_editor)):
        drop_index(schema_editor, name)


def bring_back(apps, schema_editor):
    how = "CONCURRENTLY" if concurrently(schema_editor) else ""
    for (column,) in OLD:
        name = schema_editor.quote_name(f"{RUNS}_{column}")
        drop_index(schema_editor, f"{RUNS}_{column}")
        schema_editor.execute(f"CREATE INDEX {how} {name} ON {RUNS} ({column})")
    for index in NEW:
        drop_index(schema_editor, index.name)


class Migration(migrations.Migration):
    # Indexes made concurrently can't be part of a transaction.
    atomic = False
    dependencies = [("operations", "0006_ages")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(exchange, bring_back, elidable=False)],
            state_operations=[
                migrations.AlterField(
                    "commandrun", "command", models.CharField("command", max_length=50)
                ),
                migrations.AlterField(
                    "commandrun",
                    "station",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="operations.station",
                    ),
                ),
                migrations.AlterField(
                    "commandrun",
                    "status",
                    models.CharField(
                        "status", choices=RunStatus.choices, default="queued", max_length=15
                    ),
                ),
                *(migrations.AddIndex("commandrun", index) for index in NEW),
            ],
        )
    ]
