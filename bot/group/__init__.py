"""The study group's rules, as pure functions of what happened."""
