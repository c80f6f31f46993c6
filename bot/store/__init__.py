"""State: tables, the verbs on them, and migrations."""
