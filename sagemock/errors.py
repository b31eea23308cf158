"""All errors of sagemock itself. Errors of AWS are not among them: a client gets those as `botocore.exceptions.ClientError`.

SagemockError
├── UsageError            the test is at fault: it used the mock in a way that has no meaning
│   ├── InvalidType       a value is of a wrong kind (also a TypeError)
│   ├── InvalidValue      a value has no meaning (also a ValueError)
│   ├── NotServed         the test asks a served mock for what only the mock itself has (also an AttributeError)
│   ├── NeverReached      the test waits for a status that the job will never have
│   ├── PlanError         the plan is at fault: it contradicts itself (also a ValueError)
│   └── UnknownJob        the test asks for a job that was not created (also a KeyError)
├── UnusedError           the test is at fault: nothing used a plan or a fault (also an AssertionError)
├── WrongCalls            the code under test is at fault: it made other calls than the test asserts (also an AssertionError)
├── NothingWillHappen     the code under test is at fault: it polls a world in which nothing can happen any more
├── NotAnswered           the code under test calls a service that has no answer here (also a gaierror)
└── NotSimulated          sagemock is at fault: AWS has this, sagemock does not (also a NotImplementedError)
"""

import socket

__all__ = [
    "InvalidType",
    "InvalidValue",
    "NeverReached",
    "NotAnswered",
    "NotServed",
    "NotSimulated",
    "NothingWillHappen",
    "PlanError",
    "SagemockError",
    "UnknownJob",
    "UnusedError",
    "UsageError",
    "WrongCalls",
]


class SagemockError(Exception):
    """The base of every error that sagemock itself raises."""


class UsageError(SagemockError):
    """The test used the mock in a way that has no meaning; the message says what to do instead."""


class InvalidType(UsageError, TypeError):
    """The test gave a value of a wrong kind; the message says what to give instead."""


class InvalidValue(UsageError, ValueError):
    """The test gave a value without meaning; the message says what to give instead."""


class NeverReached(UsageError):
    """The test waits by `advance_until` for a status that the job cannot get any more."""


class NotServed(UsageError, AttributeError):
    """The test asked a mock that another process serves for something that only the mock itself has."""


class PlanError(UsageError, ValueError):
    """A plan contradicts itself, or does not fit the request of its job."""


class UnknownJob(UsageError, KeyError):
    """The test asked for a job that was not created; the message names the jobs that were."""

    # A KeyError would show a repr, but this is a sentence.
    __str__ = Exception.__str__


class UnusedError(SagemockError, AssertionError):
    """Under `strict`, the mock ended and nothing had used a plan or a fault."""


class WrongCalls(SagemockError, AssertionError):
    """The code under test made other calls than the test asserts."""


class NothingWillHappen(SagemockError):
    """A loop polls or sleeps although no job can change any more."""


class NotAnswered(SagemockError, socket.gaierror):
    """A call that nothing answers, or another request to AWS, was stopped before it reached the network."""


class NotSimulated(SagemockError, NotImplementedError):
    """AWS has this, but sagemock does not simulate it."""
