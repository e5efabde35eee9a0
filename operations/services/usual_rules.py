"""The rules most networks want, to begin with."""

from collections.abc import Iterator
from dataclasses import dataclass

from operations.models import AlertRule, Organisation
from operations.models.alerts import AlertKind, Severity
from operations.services import alerts


@dataclass(frozen=True, slots=True)
class Usual:
    """A rule to begin with: what it looks for, from how much on, and how bad that is."""

    kind: AlertKind
    threshold: int
    severity: Severity = Severity.WARNING
    window_minutes: int = 15

    @property
    def name(self) -> str:
        """What the rule is called."""
        return str(self.kind.label)


USUAL = (
    Usual(AlertKind.OFFLINE, 10),
    Usual(AlertKind.FAULTED, 5, Severity.CRITICAL),
    Usual(AlertKind.FLAPPING, 5),
    Usual(AlertKind.FAILED_RUNS, 3, window_minutes=60),
    Usual(AlertKind.UNANSWERED, 3, Severity.CRITICAL),
    Usual(AlertKind.FINDINGS, 5, Severity.INFO, window_minutes=60),
    Usual(AlertKind.DRIFT, 60, Severity.INFO),
    Usual(AlertKind.DELIVERIES, 1, Severity.CRITICAL),
)


def missing(organisation: Organisation | None) -> list[Usual]:
    """Those whose kind no rule of this organisation (or of the whole network) looks for yet."""
    taken = set(AlertRule.objects.filter(organisation=organisation).values_list("kind", flat=True))
    return [usual for usual in fitting(organisation) if usual.kind not in taken]


def fitting(organisation: Organisation | None) -> Iterator[Usual]:
    """What is about the portal itself is a matter of the whole network."""
    for usual in USUAL:
        if organisation is None or usual.kind != AlertKind.DELIVERIES:
            yield usual


def add(*, kinds: list[str], organisation: Organisation | None) -> list[AlertRule]:
    """Make rules of these kinds that are missing."""
    return [
        alerts.save_rule(
            rule=AlertRule(
                name=usual.name,
                organisation=organisation,
                kind=usual.kind,
                threshold=usual.threshold,
                window_minutes=usual.window_minutes,
                severity=usual.severity,
            )
        )
        for usual in missing(organisation)
        if usual.kind in kinds
    ]
