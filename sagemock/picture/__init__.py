"""Pictures of lives: what they show, as values, and the writers of plain text, coloured text and SVG, which share it."""
