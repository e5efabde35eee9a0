"""What lists need now and then: stations that moved to a site, contents nobody holds any more."""

from operations.services.local_lists import assigning, revisions


def tend() -> None:
    """Called each minute."""
    assigning.follow_sites()
    revisions.prune()
