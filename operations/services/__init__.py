"""All writes: verbs with keyword arguments, one transaction each; who calls them decides when."""
