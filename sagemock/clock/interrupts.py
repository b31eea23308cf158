"""Whose an exception is: a handler of a signal may raise any kind, anywhere, and nobody but its caller may catch that."""

__all__ = ["raise_if_foreign"]


def raise_if_foreign(error: BaseException, *modules: str) -> None:
    """Raise a caught error again, unless it was raised right where it is caught, or by one of `modules` that was called there.

    A handler (of a watchdog such as pytest-timeout, say) has a frame of its own.
    """
    trace = error.__traceback__ and error.__traceback__.tb_next
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__"))
        if not any(name == module or name.startswith(f"{module}.") for module in modules):
            raise error
        trace = trace.tb_next
