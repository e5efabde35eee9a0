"""Numbers as the reader's language writes them: decimals, and thousands set apart."""

from django.utils.formats import number_format


def fixed(value: float, places: int = 1) -> str:
    """Always with these decimals: "41.2", in German "41,2"; Django alone would cut off."""
    return str(number_format(f"{value:.{places}f}", places, force_grouping=True))


def whole(count: int) -> str:
    """How many: "1,204"."""
    return str(number_format(count, force_grouping=True))


def short(value: float) -> str:
    """With no more decimals than it needs: "50", "7.4"."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return str(number_format(text))
