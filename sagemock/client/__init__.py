"""The way from a botocore client to a mock and back."""
