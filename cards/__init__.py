"""What Stride teaches: decks of cards that carry their proof."""
