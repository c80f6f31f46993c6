"""The top floor: talks. Chat platforms, commands and the study group's life; torch and numpy never enter here."""
