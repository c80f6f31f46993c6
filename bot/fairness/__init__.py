"""Who may run code when: rates, a line in which everybody gets a turn, and the gate that keeps both."""
