"""What every kind of job shares: its names, its place, the store, histories, timelines, logs, and which plan a job gets."""
