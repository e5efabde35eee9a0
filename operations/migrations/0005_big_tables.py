"""The message log and the meter readings as big tables: lean indexes, parts by key on PostgreSQL.

Nobody who writes is locked out for long: indexes are made and dropped concurrently, and the table
that was becomes the first part of the new one as it is (docs/decisions/0008). An interrupted run
may be repeated.
"""

from django.db import migrations, models, transaction
from django.db.models import Q
import django.db.models.deletion

MESSAGES, READINGS = "operations_ocppmessage", "operations_meterreading"
STATIONS = "operations_station"
ERROR = """NOT ("error_code" = '')"""
UNANSWERED = '"answered_at" IS NULL'
BY_PORTAL = 'NOT "is_from_station"'

NEW_OF_STATIONS = {
    "stations_by_protocol": '("protocol", "name", "id")',
    "stations_by_firmware_version": '("firmware_version", "name", "id")',
    "stations_by_connection": '("connected_at", "disconnected_at", "id")',
}
NEW = {
    "messages_of_run": '("run_id") WHERE "run_id" IS NOT NULL',
    "messages_errors": f'("id" DESC) WHERE {ERROR}',
    "messages_errors_named": f'("action", "id" DESC) WHERE {ERROR}',
    "messages_unanswered": f'("id" DESC) WHERE {UNANSWERED}',
    "messages_unanswered_named": f'("action", "id" DESC) WHERE {UNANSWERED}',
    "messages_by_portal": f'("id" DESC) WHERE {BY_PORTAL}',
    "messages_by_portal_named": f'("action", "id" DESC) WHERE {BY_PORTAL}',
}
# Django's own for single columns, with which other indexes begin.
OLD = {
    MESSAGES: [["station_id"], ["run_id"]],
    READINGS: [["session_id"]],
    STATIONS: [["protocol"], ["firmware_version"], ["connected_at"]],
}

# Keys that may be given away while the old table is looked through; a new one has none.
HEADROOM = 1_000_000
FIRST_PART = 100_000


def change_indexes(apps, schema_editor):
    connection = schema_editor.connection
    how = "CONCURRENTLY" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        old = ["messages_with_errors", *old_indexes(connection, cursor)]
        for table, indexes in ((MESSAGES, NEW), (STATIONS, NEW_OF_STATIONS)):
            if is_in_parts(connection, cursor, table):
                continue  # from an earlier run, which was interrupted later
            for name, definition in indexes.items():
                # One that was interrupted is left behind, invalid.
                cursor.execute(f"DROP INDEX {how} IF EXISTS {name}")
                cursor.execute(f"CREATE INDEX {how} {name} ON {table} {definition}")
        for name in old:
            cursor.execute(f"DROP INDEX {how} IF EXISTS {name}")


def old_indexes(connection, cursor):
    for table, columns in OLD.items():
        for name, found in connection.introspection.get_constraints(cursor, table).items():
            is_plain = found["index"] and not found["unique"]
            if is_plain and found["columns"] in columns and name not in NEW:
                yield name


def is_in_parts(connection, cursor, table):
    if connection.vendor != "postgresql":
        return False
    cursor.execute("SELECT relkind = 'p' FROM pg_class WHERE oid = %s::regclass", [table])
    return cursor.fetchone()[0]


def partition(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        for table in (MESSAGES, READINGS):
            if not is_in_parts(schema_editor.connection, cursor, table):
                make_first_part(cursor, table)


def make_first_part(cursor, table):
    cursor.execute(f"SELECT COALESCE(MAX(id), 0) FROM {table}")
    (last,) = cursor.fetchone()
    end = last + (HEADROOM if last else FIRST_PART) + 1
    # Looked through without a lock; else it would be under one when it is attached.
    cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS of_first_part")
    cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT of_first_part CHECK (id < {end}) NOT VALID")
    cursor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT of_first_part")
    with transaction.atomic():
        rename(cursor, table)
        make_parent(cursor, table)
        cursor.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {table}_first "
            f"FOR VALUES FROM (MINVALUE) TO ({end})"
        )
        cursor.execute(f"ALTER TABLE {table}_first DROP CONSTRAINT of_first_part")
        cursor.execute(f"CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT")


def rename(cursor, table):
    """The new table takes the old one's name, and its indexes theirs."""
    cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_first")
    cursor.execute(f"SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = '{table}_first'::regclass")
    for (name,) in cursor.fetchall():
        cursor.execute(f"ALTER INDEX {name} RENAME TO {name[:56]}_first")


def make_parent(cursor, table):
    """An empty table like the old one, whose rows will lie in parts."""
    cursor.execute(f"SELECT last_value FROM pg_sequences WHERE sequencename = '{table}_id_seq'")
    (last,) = cursor.fetchone()
    cursor.execute(f"ALTER TABLE {table}_first ALTER id DROP IDENTITY")
    cursor.execute(
        f"CREATE TABLE {table} (LIKE {table}_first INCLUDING DEFAULTS INCLUDING CONSTRAINTS) "
        "PARTITION BY RANGE (id)"
    )
    cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT of_first_part")
    cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY (id)")
    cursor.execute(
        f"ALTER TABLE {table} ALTER id ADD GENERATED BY DEFAULT AS IDENTITY "
        f"(SEQUENCE NAME {table}_id_seq START WITH {(last or 0) + 1})"
    )
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
        f"WHERE indrelid = '{table}_first'::regclass AND NOT indisprimary"
    )
    for name, definition in cursor.fetchall():
        new = definition.replace(f"INDEX {name} ", f"INDEX {name.removesuffix('_first')} ")
        cursor.execute(new.replace(f"{table}_first ", f"{table} "))
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
        f"WHERE conrelid = '{table}_first'::regclass AND contype = 'f'"
    )
    for name, definition in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def named(name, condition):
    return [
        migrations.AddIndex(
            "ocppmessage", models.Index(fields=["-id"], condition=condition, name=f"messages_{name}")
        ),
        migrations.AddIndex(
            "ocppmessage",
            models.Index(
                fields=["action", "-id"], condition=condition, name=f"messages_{name}_named"
            ),
        ),
    ]


PLAIN = {
    "protocol": models.CharField(
        blank=True,
        choices=[("1.6", "OCPP 1.6"), ("2.0.1", "OCPP 2.0.1"), ("2.1", "OCPP 2.1")],
        max_length=10,
        verbose_name="protocol",
    ),
    "firmware_version": models.CharField(blank=True, max_length=50, verbose_name="firmware"),
    "connected_at": models.DateTimeField(blank=True, null=True, verbose_name="connected since"),
}


class Migration(migrations.Migration):
    # Indexes made concurrently can't be part of a transaction.
    atomic = False
    dependencies = [("operations", "0004_trigrams")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(change_indexes, elidable=False)],
            state_operations=[
                migrations.AlterField(
                    "ocppmessage",
                    "station",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="operations.station",
                    ),
                ),
                migrations.AlterField(
                    "ocppmessage",
                    "run",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="messages",
                        to="operations.commandrun",
                    ),
                ),
                migrations.AlterField(
                    "meterreading",
                    "session",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="readings",
                        to="operations.session",
                    ),
                ),
                *[migrations.AlterField("station", name, field) for name, field in PLAIN.items()],
                migrations.AddIndex(
                    "station",
                    models.Index(fields=["protocol", "name", "id"], name="stations_by_protocol"),
                ),
                migrations.AddIndex(
                    "station",
                    models.Index(
                        fields=["firmware_version", "name", "id"],
                        name="stations_by_firmware_version",
                    ),
                ),
                migrations.AddIndex(
                    "station",
                    models.Index(
                        fields=["connected_at", "disconnected_at", "id"],
                        name="stations_by_connection",
                    ),
                ),
                migrations.RemoveIndex("ocppmessage", "messages_with_errors"),
                migrations.AddIndex(
                    "ocppmessage",
                    models.Index(
                        fields=["run"], condition=Q(run__isnull=False), name="messages_of_run"
                    ),
                ),
                *named("errors", ~Q(error_code="")),
                *named("unanswered", Q(answered_at=None)),
                *named("by_portal", Q(is_from_station=False)),
            ],
        ),
        migrations.RunPython(partition, elidable=False),
    ]
