"""Stride in a terminal: one question, a stream of them, or a conversation."""
