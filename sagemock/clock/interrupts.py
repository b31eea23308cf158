"""Exceptions of signal handlers: a handler may raise any exception anywhere, and sagemock must not swallow it."""

__all__ = ["raise_if_foreign"]


def raise_if_foreign(error: BaseException, *modules: str) -> None:
    """Raise a caught error again, unless the function that catches it raised it, or one of `modules` which that function called.

    A signal handler (pytest-timeout's, for example) has a frame of its own in the traceback, which gives it away.
    """
    trace = error.__traceback__ and error.__traceback__.tb_next
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__"))
        if not any(name == module or name.startswith(f"{module}.") for module in modules):
            raise error
        trace = trace.tb_next
