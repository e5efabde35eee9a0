"""Filled-in patterns are what the template would have made, whatever stands in the values."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from operations.tables.patterns import MARK, fill

BADGE, BUTTON = "components/_badge.html", "components/_icon_button.html"
EXPANDER = "components/_expander.html"
NAMES = {
    BADGE: ("word", "tone", "icon", "title"),
    BUTTON: ("id", "label", "icon", "url", "tone", "reason"),
    EXPANDER: ("row_id", "name", "url", "detail_url"),
}
HOSTILE = (
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)" x=\'',
    "{{ settings.SECRET_KEY }}{% now 'Y' %}",
    "&lt;b&gt; & ünï",
    # As if it were the place of another value.
    f"{MARK}tone{MARK}",
)


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize(
    ("template", "name"), [(each, name) for each, names in NAMES.items() for name in names]
)
def test_a_value_says_what_it_would_in_the_template(template: str, name: str, hostile: str) -> None:
    values = {each: f"plain {each}" for each in NAMES[template]} | {name: hostile}
    assert fill(template, **values) == rendered(template, values)


def rendered(template: str, values: dict[str, Any]) -> str:
    """Without what a template leaves around it."""
    return render_to_string(template, values).strip()


@pytest.mark.parametrize("template", NAMES)
def test_empty_values_leave_out_what_asks_for_them(template: str) -> None:
    for left_out in NAMES[template]:
        values = {each: f"plain {each}" for each in NAMES[template]} | {left_out: ""}
        assert fill(template, **values) == rendered(template, values), left_out


def test_a_shape_is_another_pattern() -> None:
    values = {"row_id": "charger-1", "name": "Quay", "url": "?expand=1", "detail_url": ""}
    is_open = rendered(EXPANDER, values | {"is_open": True})
    assert fill(EXPANDER, shape=("is_open",), **values) == is_open
    assert fill(EXPANDER, **values) == rendered(EXPANDER, values) != is_open


def test_markup_of_ours_stays_markup() -> None:
    assert "<b>Ready</b>" in fill(BADGE, word=SafeString("<b>Ready</b>"), tone="green", icon="bolt")


def test_each_language_has_its_own_pattern() -> None:
    values = {"row_id": "charger-1", "name": "Quay", "url": "?expand=1", "detail_url": ""}
    with translation.override("de"):
        assert fill(EXPANDER, **values) == rendered(EXPANDER, values)
    assert fill(EXPANDER, **values) == rendered(EXPANDER, values)
