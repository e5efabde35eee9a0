"""What the portal's templates need beyond Django's own tags."""

from collections.abc import Mapping
from typing import Any

from django import template

from operations.tables import cells

register = template.Library()


@register.filter
def at_key(mapping: Mapping[Any, Any] | None, key: Any) -> Any:
    """The mapping's value at a key that only a variable knows."""
    return (mapping or {}).get(key)


register.filter("moment", cells.moment)
