"""Two indexes of chargers and four of connectors less: each status a station tells writes them all.

Others begin with the same columns; or they were made for LIKE, which nobody asks of a status. Made
and dropped concurrently on PostgreSQL: nobody who writes is locked out. An interrupted run may be
repeated.
"""

import django.db.models.deletion
from django.db import migrations, models

from operations.statuses import ChargingStatus, OperationalStatus

NEW = {
    "charger": [models.Index(fields=["name"], name="chargers_by_name")],
    "connector": [
        models.Index(fields=["operational_status"], name="connectors_by_operational"),
        models.Index(fields=["charging_status"], name="connectors_by_charging"),
    ],
}
# Django's own for these alone (on PostgreSQL texts have two).
OLD = {
    "charger": [["name"], ["station_id"]],
    "connector": [["operational_status"], ["charging_status"], ["charger_id"], ["station_id"]],
}


def concurrently(schema_editor):
    return schema_editor.connection.vendor == "postgresql"


def table(name):
    return f"operations_{name}"


def old_indexes(schema_editor, name):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table(name))
    for index, what in found.items():
        if what["index"] and what["columns"] in OLD[name] and index.startswith(f"{table(name)}_"):
            yield index


def drop_index(schema_editor, name):
    how = "CONCURRENTLY" if concurrently(schema_editor) else ""
    schema_editor.execute(f"DROP INDEX {how} IF EXISTS {schema_editor.quote_name(name)}")


def exchange(apps, schema_editor):
    how = {"concurrently": True} if concurrently(schema_editor) else {}
    for name, indexes in NEW.items():
        model = apps.get_model("operations", name)
        for index in indexes:
            # One that was interrupted is left behind, invalid.
            drop_index(schema_editor, index.name)
            schema_editor.add_index(model, index, **how)
        for old in list(old_indexes(schema_editor, name)):
            drop_index(schema_editor, old)


def bring_back(apps, schema_editor):
    how = "CONCURRENTLY" if concurrently(schema_editor) else ""
    for name, indexes in NEW.items():
        for (column,) in OLD[name]:
            index = f"{table(name)}_{column}"
            drop_index(schema_editor, index)
            made = schema_editor.quote_name(index)
            schema_editor.execute(f"CREATE INDEX {how} {made} ON {table(name)} ({column})")
        for index in indexes:
            drop_index(schema_editor, index.name)


def parent(name, **how):
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        to=f"operations.{name}",
        **how,
    )


class Migration(migrations.Migration):
    # Indexes made concurrently can't be part of a transaction.
    atomic = False
    dependencies = [("operations", "0007_fewer_indexes")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(exchange, bring_back, elidable=False)],
            state_operations=[
                migrations.AlterField(
                    "charger", "name", models.CharField("name", max_length=120)
                ),
                migrations.AlterField(
                    "charger", "station", parent("station", related_name="chargers")
                ),
                migrations.AlterField(
                    "connector", "charger", parent("charger", related_name="connectors")
                ),
                migrations.AlterField(
                    "connector", "station", parent("station", related_name="connectors")
                ),
                migrations.AlterField(
                    "connector",
                    "operational_status",
                    models.CharField(
                        "operational status",
                        choices=OperationalStatus.choices,
                        default="Inoperative",
                        max_length=11,
                    ),
                ),
                migrations.AlterField(
                    "connector",
                    "charging_status",
                    models.CharField(
                        "charging status",
                        blank=True,
                        choices=ChargingStatus.choices,
                        max_length=13,
                    ),
                ),
                *(
                    migrations.AddIndex(name, index)
                    for name, indexes in NEW.items()
                    for index in indexes
                ),
            ],
        )
    ]
