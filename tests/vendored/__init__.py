"""Style sheets of other people, reduced to what the portal's pages use (docs/vendored.md)."""
