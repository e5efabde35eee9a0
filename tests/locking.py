"""What a migration may not do to a big table: whoever writes would wait until it is through.

`faults` reads the SQL a migration ran on PostgreSQL. A table it has made itself is empty: there all
is allowed. A lock held for a moment is nothing, so adding and dropping columns is allowed, too.
"""

import re
from collections.abc import Iterable, Iterator

# Those that grow with the fleet or with its traffic.
BIG = (
    *("station", "charger", "connector", "connection", "session", "meterreading", "ocppmessage"),
    *("commandrun", "runtransition", "auditentry", "stationsetting", "stationevent", "fleetminute"),
)
TABLE = r'(?:"?public"?\.)?"?(\w+)"?'
ALTER = rf"ALTER TABLE (?:ONLY )?(?:IF EXISTS )?{TABLE} .*"
# What is refused, what makes it right, and what to do instead. The table is the first group.
RULES = (
    (rf"CREATE (?:UNIQUE )?INDEX .*? ON (?:ONLY )?{TABLE}", "CONCURRENTLY", "AddIndexConcurrently"),
    (rf"{ALTER}ADD CONSTRAINT .*(?:CHECK|FOREIGN KEY)", "NOT VALID", "NOT VALID, then VALIDATE"),
    (rf"{ALTER}ADD CONSTRAINT .*(?:UNIQUE|PRIMARY KEY)", "USING INDEX", "an index first"),
    (rf"{ALTER}ADD COLUMN .* REFERENCES ", "NOT VALID", "the column, then NOT VALID, VALIDATE"),
    (rf"{ALTER}ADD COLUMN .* DEFAULT \w+\(", "", "a default that is a value"),
    (rf"{ALTER}ALTER (?:COLUMN )?\S+ (?:SET DATA )?TYPE ", "", "a new column, filled bit by bit"),
    (rf"{ALTER}SET NOT NULL", "", "CHECK (… IS NOT NULL) NOT VALID, then VALIDATE"),
    (rf"UPDATE (?:ONLY )?{TABLE} SET ", " WHERE ", "bit by bit, in a task"),  # noqa: S608
    (rf"DELETE FROM (?:ONLY )?{TABLE}", " WHERE ", "bit by bit, in a task"),  # noqa: S608
    (rf"(?:VACUUM \(?FULL\)?|CLUSTER|REINDEX TABLE) {TABLE}", "CONCURRENTLY", "nothing"),
)
MADE = re.compile(rf"CREATE TABLE (?:IF NOT EXISTS )?{TABLE}", re.IGNORECASE)


def faults(statements: Iterable[str]) -> list[str]:
    """Each statement that locks writers of a big table out for long, with what to do instead."""
    made: set[str] = set()
    found = []
    for statement in statements:
        text = " ".join(statement.split())
        made.update(MADE.findall(text))
        found += [
            f"{text[:200]} (instead: {instead})"
            for table, instead in _broken(text)
            if table not in made
        ]
    return found


def _broken(text: str) -> Iterator[tuple[str, str]]:
    for refused, unless, instead in RULES:
        match = re.match(refused, text, re.IGNORECASE)
        if match is None or (unless and unless in text.upper()):
            continue
        # Parts of a table are named after it.
        if re.fullmatch(rf"operations_(?:{'|'.join(BIG)})(?:_(?:first|rest|to_\d+))?", match[1]):
            yield match[1], instead
