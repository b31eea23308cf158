"""moto beside us: the only code that touches moto."""
