"""The operations of SageMaker on jobs, and of CloudWatch Logs on their log groups."""
