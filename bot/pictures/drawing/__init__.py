"""What the drawing process alone imports: numpy and matplotlib stay out of the bot."""
