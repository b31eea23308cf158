"""moto beside sagemock: the only code that touches moto."""
