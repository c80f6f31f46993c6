"""What each family of layers is called, which flags it takes and what its input looks like."""
