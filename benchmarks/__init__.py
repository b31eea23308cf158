"""What sagemock costs, beside a responder that does nothing and beside moto, all in one run: `python -m benchmarks`."""
