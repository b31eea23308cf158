"""The clock of a served mock. Each reading asks the server."""

from datetime import datetime, timedelta
from typing import Any, Final, NoReturn

from sagemock.checks import no_attribute
from sagemock.clock.virtual import DURATIONS
from sagemock.errors import InvalidType, NotServed
from sagemock.served.control_client import ControlClient, instant_of, moment, span

__all__ = ["CLOCK_LACKS", "RemoteClock"]

CLOCK_LACKS: Final = {
    "paused": "its sleepers are in the mock's own process: pause it there",
    "forced_moves": "its threads are in the mock's own process: read them there",
}
"""The attributes of a mock's clock that a `RemoteClock` does not have, each with the reason."""


class RemoteClock:
    """The clock of a served mock."""

    def __init__(self, client: ControlClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> NoReturn:
        if name in CLOCK_LACKS:
            raise NotServed(f"the clock of a served mock has no {name}: {CLOCK_LACKS[name]}")
        raise no_attribute(self, name)

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return instant_of(self._document()["now"])

    def advance(self, by: timedelta | float | None = None, /, **units: float) -> None:
        """Let time pass: `advance(minutes=5)`, `advance(timedelta(minutes=5))` or `advance(300)` (seconds)."""
        if (by is None) == (not units):
            raise InvalidType(f"advance takes one duration: {DURATIONS}")
        try:
            given = timedelta(**units) if by is None else by
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidType(f"advance() takes units of time ({error}): write advance(minutes=5)") from None
        self._client.ask("POST", "/clock", {"advance": span(given)})

    def advance_to(self, when: datetime | str | float) -> None:
        """Let time pass until `when`."""
        self._client.ask("POST", "/clock", {"to": moment(when)})

    @property
    def latency(self) -> timedelta:
        """The virtual time that a call takes; may be set at any time, as a timedelta or in seconds."""
        return timedelta(seconds=self._document()["latency"])

    @latency.setter
    def latency(self, value: timedelta | float) -> None:
        self._client.ask("POST", "/clock", {"latency": span(value)})

    @property
    def rate(self) -> float:
        """The virtual seconds that pass by themselves in each real second."""
        rate: float = self._document()["rate"]
        return rate

    @property
    def idle_limit(self) -> timedelta | None:
        """How long code in the mock's own process may poll, in virtual time, when nothing can happen any more."""
        limit = self._document()["idle_limit"]
        return None if limit is None else timedelta(seconds=limit)

    def _document(self) -> Any:  # noqa: ANN401  # a JSON value
        return self._client.document("GET", "/clock")

    def __repr__(self) -> str:
        return f"<RemoteClock at {self.now().isoformat()}>"
