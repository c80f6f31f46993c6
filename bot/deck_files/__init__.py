"""Files with decks that people send: read in a process of their own, which can open nothing and reach nobody."""
