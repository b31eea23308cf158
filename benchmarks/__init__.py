"""The costs of sagemock, compared with a responder that does nothing and with moto, in one run: `python -m benchmarks`."""
