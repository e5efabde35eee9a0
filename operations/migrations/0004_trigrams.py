"""Indexes for text anywhere in a name, on PostgreSQL; SQLite reads a million names in time.

Made without locking writers out, and only where the server has pg_trgm and lets us switch it on:
without them the filters find the same, later.
"""

from django.db import migrations

# As icontains asks: UPPER(name::text) LIKE UPPER('%quay%').
INDEXES = {
    "charger_name_trigrams": ("operations_charger", "name"),
    "charger_serial_trigrams": ("operations_charger", "serial_number"),
    "station_name_trigrams": ("operations_station", "name"),
    "station_identity_trigrams": ("operations_station", "identity"),
    "station_serial_trigrams": ("operations_station", "serial_number"),
}
IS_THERE = "SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'"
MAY_BE_THERE = (
    "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm' "
    "AND has_database_privilege(current_database(), 'CREATE')"
)


def has_trigrams(cursor):
    cursor.execute(IS_THERE)
    if cursor.fetchone():
        return True
    cursor.execute(MAY_BE_THERE)
    if not cursor.fetchone():
        return False
    cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    return True


def create(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        if not has_trigrams(cursor):
            return
        for name, (table, column) in INDEXES.items():
            # One that was interrupted is left behind, invalid.
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            cursor.execute(
                f"CREATE INDEX CONCURRENTLY {name} ON {table} "
                f"USING gin (UPPER({column}::text) gin_trgm_ops)"
            )


def drop(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        for name in INDEXES:
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


class Migration(migrations.Migration):
    # CREATE INDEX CONCURRENTLY can't be part of a transaction.
    atomic = False
    dependencies = [("operations", "0003_portal")]
    operations = [migrations.RunPython(create, drop, elidable=False)]
