"""The list of commands, in menu order. To add one: its file, and one line here."""

from operations.commands.base import Command
from operations.commands.change_availability import ChangeAvailability
from operations.commands.custom_message import CustomMessage
from operations.commands.lock import Lock
from operations.commands.reboot import Reboot
from operations.commands.unlock import Unlock

COMMANDS: tuple[Command, ...] = (
    ChangeAvailability(),
    Unlock(),
    Lock(),
    Reboot(),
    CustomMessage(),
)

BY_SLUG = {command.slug: command for command in COMMANDS}
