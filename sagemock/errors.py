"""Every error of sagemock's own. Errors of AWS never appear here: a client meets those as `botocore.exceptions.ClientError`.

SagemockError
├── UsageError            the test is at fault: the mock was asked for something that has no meaning
│   ├── InvalidType       a value is of a wrong kind (also a TypeError)
│   ├── InvalidValue      a value has no meaning (also a ValueError)
│   ├── NeverReached      the test waits for a status that the job will never have
│   ├── PlanError         the plan is at fault: it contradicts itself (also a ValueError)
│   └── UnknownJob        the test asks for a job that was not created (also a KeyError)
├── UnusedError           the test is at fault: it planned something that nothing met (also an AssertionError)
├── NothingWillHappen     the code under test is at fault: it polls a world in which nothing can happen any more
├── NotAnswered           the code under test calls a service that nobody answers here (also a gaierror)
└── NotSimulated          sagemock is at fault: AWS has this, sagemock does not (also a NotImplementedError)
"""

import socket

__all__ = [
    "InvalidType",
    "InvalidValue",
    "NeverReached",
    "NotAnswered",
    "NotSimulated",
    "NothingWillHappen",
    "PlanError",
    "SagemockError",
    "UnknownJob",
    "UnusedError",
    "UsageError",
]


class SagemockError(Exception):
    """The base of every error that sagemock itself raises."""


class UsageError(SagemockError):
    """The mock was used in a way that has no meaning; the message says what to do instead."""


class InvalidType(UsageError, TypeError):
    """The test gave a value of a wrong kind; the message says what to give instead."""


class InvalidValue(UsageError, ValueError):
    """The test gave a value without meaning; the message says what to give instead."""


class NeverReached(UsageError):
    """`advance_until` was asked for a status that the job will never have, by what is known now."""


class PlanError(UsageError, ValueError):
    """A plan contradicts itself, or does not fit the request that it is to play."""


class UnknownJob(UsageError, KeyError):
    """The test asked for a job that was not created; the message names those that were."""

    # A KeyError shows the repr of a key, and this is a sentence.
    __str__ = Exception.__str__


class UnusedError(SagemockError, AssertionError):
    """Under `strict`, a plan or a fault was prepared and nothing met it before the mock ended."""


class NothingWillHappen(SagemockError):
    """A loop goes on polling or sleeping although no job has anything left to happen."""


class NotAnswered(SagemockError, socket.gaierror):
    """A call to a service that neither sagemock nor anything beside it answers, or any way to AWS, was kept from the network."""


class NotSimulated(SagemockError, NotImplementedError):
    """The service has this, and sagemock does not simulate it."""
