"""Pictures of jobs: their content as values, and writers of plain text, coloured text and SVG that share it."""
