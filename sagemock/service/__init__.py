"""What SageMaker's operations do."""
