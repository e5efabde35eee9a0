"""The message log: whatever a station sends can be kept, and holds no secret."""

import pytest
from django.utils import timezone

from operations.models import OcppMessage
from operations.services import messages
from tests.factories import StationFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("plain", "plain"),
        ("Črpalka ⚡ 🔌", "Črpalka ⚡ 🔌"),
        ("a\x00b", "a�b"),
        ("half \ud83d of a pair", "half ? of a pair"),
        ("both \x00\udfff", "both �?"),
    ],
)
def test_text_is_cleaned_of_what_a_database_refuses(said: str, kept: str) -> None:
    assert messages.clean(said) == kept


def test_what_is_logged_is_masked_cleaned_and_cut() -> None:
    row = OcppMessage(
        station=StationFactory(),
        is_from_station=True,
        action="A" * 60 + "\x00",
        unique_id="é" * 300,
        call='[2,"1","GetDiagnostics",{"location":"ftp://user:s3cret@host/"}]',
        called_at=timezone.now(),
        answer="\ud800",
    )
    messages.log([row])
    kept = OcppMessage.objects.get()
    assert (len(kept.action), len(kept.unique_id), kept.answer) == (50, 255, "?")
    assert "s3cret" not in kept.call


def test_nothing_to_log_costs_no_query(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        messages.log([])
