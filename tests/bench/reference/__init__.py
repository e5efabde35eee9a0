"""What the portal is compared with: bare echoes, and the usual way to write a central system."""
