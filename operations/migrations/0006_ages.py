"""Indexes by the end of what goes once it is old, and for sorting sessions.

Made concurrently on PostgreSQL: nobody who writes is locked out. An interrupted run may be repeated.
"""

from django.db import migrations, models
from django.db.models import Q

INDEXES = [
    (
        "connection",
        models.Index(
            fields=["closed_at"],
            condition=Q(closed_at__isnull=False),
            name="connections_by_closing",
        ),
    ),
    (
        "commandbatch",
        models.Index(
            fields=["ended_at"], condition=Q(ended_at__isnull=False), name="batches_by_end"
        ),
    ),
    ("session", models.Index(fields=["ended_at", "id"], name="sessions_by_end")),
    ("session", models.Index(fields=["stop_reason", "id"], name="sessions_by_reason")),
]


def how(schema_editor):
    return {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}


def add(apps, schema_editor):
    for name, index in INDEXES:
        model = apps.get_model("operations", name)
        # One that was interrupted is left behind, invalid.
        schema_editor.execute(drop_sql(schema_editor, index))
        schema_editor.add_index(model, index, **how(schema_editor))


def drop(apps, schema_editor):
    for _name, index in INDEXES:
        schema_editor.execute(drop_sql(schema_editor, index))


def drop_sql(schema_editor, index):
    concurrently = "CONCURRENTLY" if how(schema_editor) else ""
    return f"DROP INDEX {concurrently} IF EXISTS {schema_editor.quote_name(index.name)}"


class Migration(migrations.Migration):
    # Indexes made concurrently can't be part of a transaction.
    atomic = False
    dependencies = [("operations", "0005_big_tables")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add, drop, elidable=False)],
            state_operations=[migrations.AddIndex(name, index) for name, index in INDEXES],
        )
    ]
