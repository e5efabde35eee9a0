"""Faults in how a station speaks, in words: what it did, and what that means."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands.base import Text
from operations.models import ProtocolFinding


@dataclass(frozen=True, slots=True)
class Words:
    """A fault's name, and what it means; nothing where the name says it."""

    name: Text
    meaning: Text = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding with its words; `refused` when the message was not accepted."""

    finding: ProtocolFinding
    words: Words
    refused: bool


MENDED = gettext_lazy("Understood all the same; a firmware update may mend it.")
REFUSED = gettext_lazy("The message was refused and what it said is lost. Ask the vendor.")
FRAME = Words(
    gettext_lazy("No OCPP message"),
    gettext_lazy(
        "What came was no proper frame. When it repeats, something between the station and the "
        "portal may cut or change messages."
    ),
)
FORMAT = Words(gettext_lazy("A message of the wrong shape"), REFUSED)
COUNT = Words(gettext_lazy("A part is missing, or there too often"), REFUSED)

WORDS = {
    # Understood all the same.
    "binary-frame": Words(gettext_lazy("Sent as binary"), MENDED),
    "incomplete-error": Words(gettext_lazy("An error answer without all its parts"), MENDED),
    "numeric-id": Words(gettext_lazy("A message id that is a number"), MENDED),
    "long-id": Words(gettext_lazy("A message id that is too long"), MENDED),
    "payload-not-object": Words(gettext_lazy("A payload that is no object"), MENDED),
    "nul-character": Words(gettext_lazy("NUL characters in a text"), MENDED),
    "lone-surrogate": Words(
        gettext_lazy("Half a character in a text"),
        gettext_lazy("A text was cut in the middle of a character; that character is lost."),
    ),
    "null": Words(gettext_lazy("null instead of leaving it out"), MENDED),
    "empty-text": Words(gettext_lazy("An empty text instead of leaving it out"), MENDED),
    "empty-list": Words(gettext_lazy("An empty list instead of leaving it out"), MENDED),
    "float-for-integer": Words(gettext_lazy("A decimal number for a whole one"), MENDED),
    "text-for-number": Words(gettext_lazy("Text for a number"), MENDED),
    "text-for-boolean": Words(gettext_lazy("Text for true or false"), MENDED),
    "number-for-boolean": Words(gettext_lazy("A number for true or false"), MENDED),
    "boolean-for-text": Words(gettext_lazy("True or false for text"), MENDED),
    "number-for-text": Words(gettext_lazy("A number for text"), MENDED),
    "single-for-list": Words(gettext_lazy("A single item for a list"), MENDED),
    "list-for-object": Words(gettext_lazy("A list for its only item"), MENDED),
    "spelling": Words(gettext_lazy("Another spelling of an allowed value"), MENDED),
    "too-long": Words(
        gettext_lazy("Longer than allowed"),
        gettext_lazy("It was cut; the message log has the whole text."),
    ),
    "unknown-key": Words(
        gettext_lazy("Keys that OCPP does not know"),
        gettext_lazy("They were left out, usually a vendor's extension."),
    ),
    "nameless-custom-data": Words(
        gettext_lazy("Vendor data without the vendor's name"),
        gettext_lazy("It was left out: nobody can tell what it means."),
    ),
    "invalid-answer": Words(
        gettext_lazy("An answer of the wrong shape"),
        gettext_lazy("Taken for an answer all the same; parts of it may not be understood."),
    ),
    "time-unreadable": Words(
        gettext_lazy("A time nobody can read"),
        gettext_lazy("The time of receipt stands for it."),
    ),
    "time-without-zone": Words(
        gettext_lazy("A time without a zone"),
        gettext_lazy("Taken for UTC: wrong by hours where the station means its local time."),
    ),
    "clock-off": Words(
        gettext_lazy("A time more than a day off"),
        gettext_lazy(
            "Its clock is not set, or the message waited long. Check the clock: session times and "
            "certificates depend on it."
        ),
    ),
    # Refused, by the code it was answered with.
    "RpcFrameworkError": FRAME,
    "FormationViolation": FORMAT,
    "FormatViolation": FORMAT,
    "TypeConstraintViolation": Words(gettext_lazy("A value of the wrong type"), REFUSED),
    "PropertyConstraintViolation": Words(gettext_lazy("A value that is not allowed"), REFUSED),
    "OccurenceConstraintViolation": COUNT,
    "OccurrenceConstraintViolation": COUNT,
    "ProtocolError": Words(gettext_lazy("Against the order of the protocol"), REFUSED),
    "NotImplemented": Words(
        gettext_lazy("A message its OCPP version does not have"),
        gettext_lazy("Perhaps a vendor's own, or of another version than it connected with."),
    ),
    "NotSupported": Words(
        gettext_lazy("A message only the portal may send"),
        gettext_lazy("The station takes the other side's part; ask the vendor."),
    ),
    "MessageTypeNotSupported": Words(
        gettext_lazy("A kind of message its OCPP version does not have"),
        gettext_lazy("Neither a call nor an answer; it was passed by."),
    ),
    "SecurityError": Words(
        gettext_lazy("Spoke before it was accepted"),
        gettext_lazy("Only its boot is heard until somebody approves the station."),
    ),
}
UNDERSTOOD = frozenset(kind for kind in WORDS if kind.islower())


def tell(finding: ProtocolFinding) -> Told:
    """A finding in words; of a kind without words, what was wrong stands for itself."""
    words = WORDS.get(finding.kind) or Words(finding.kind, _("The message was refused."))
    return Told(finding, words, refused=finding.kind not in UNDERSTOOD)
