"""The rules of CreateTrainingJob beyond the constraints of single values."""
