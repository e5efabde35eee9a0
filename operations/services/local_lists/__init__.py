"""Local lists: what they hold, what stations have of them, and how one becomes the other."""

from operations.services.local_lists.revisions import tokens_changed

__all__ = ["tokens_changed"]
