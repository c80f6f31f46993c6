"""The tutor: what is asked, what was answered, and what is remembered of it."""
