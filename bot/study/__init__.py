"""The study group's life: daily cards, quizzes, streaks and standing, as things that are done."""
