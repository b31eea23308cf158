"""moto beside sagemock: only this package touches moto."""
