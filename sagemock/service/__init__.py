"""The operations of SageMaker, and of CloudWatch Logs for training jobs."""
