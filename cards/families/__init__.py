"""Families of questions with fresh numbers, one file a subject."""
