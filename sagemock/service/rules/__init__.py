"""What CreateTrainingJob refuses beyond the constraints of single values."""
