"""A fake mock that records its calls, for tests of the code that starts and stops mocks."""

from types import TracebackType

from sagemock.errors import UnusedError

__all__ = ["FakeMock", "Journal"]


class Journal:
    """Makes fake mocks and keeps track of them; `active` holds those that are started, the innermost last."""

    def __init__(self) -> None:
        self.made: list[FakeMock] = []
        self.active: list[FakeMock] = []
        self.start_error: Exception | None = None
        self.stop_error: Exception | None = None

    def __repr__(self) -> str:
        return f"<Journal of {self.made}>"

    def new(self) -> "FakeMock":
        """Make a mock."""
        self.made.append(FakeMock(self, len(self.made) + 1))
        return self.made[-1]

    @property
    def innermost(self) -> "FakeMock":
        """The active mock that was started last."""
        return self.active[-1]

    @property
    def story(self) -> list[str]:
        """Return how each mock ended, in the order of their creation."""
        return [mock.end for mock in self.made]


class FakeMock:
    """The part of `SageMakerMock` that the decorators and the pytest plugin use; whatever is planned counts as unused."""

    def __init__(self, journal: Journal, number: int) -> None:
        self.journal = journal
        self.number = number
        self.unused: list[str] = []
        self.end = "not started"

    def __repr__(self) -> str:
        return f"<FakeMock {self.number}, {self.end}>"

    def plan(self, name: str) -> None:
        """Add a plan that no job will use."""
        self.unused.append(name)

    def start(self) -> "FakeMock":
        """Become the innermost mock, or raise the journal's `start_error`."""
        if self.journal.start_error is not None:
            raise self.journal.start_error
        self.journal.active.append(self)
        self.end = "active"
        return self

    def stop(self, *, clean: bool = True) -> None:
        """Stop, and record whether the end was clean."""
        self.journal.active.remove(self)
        self.end = "clean" if clean else "unclean"
        if self.journal.stop_error is not None:
            raise self.journal.stop_error
        if clean:
            self.check_used()

    def check_used(self) -> None:
        """Raise an UnusedError if anything was planned."""
        if self.unused:
            raise UnusedError(f"nothing used the plan {', '.join(self.unused)}")

    def __enter__(self) -> "FakeMock":  # noqa: PYI034  # Self is 3.11's
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /) -> None:
        self.stop(clean=kind is None)
