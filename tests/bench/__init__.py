"""`make bench`: how fast the portal is, each figure beside a reference measured in the same run."""
