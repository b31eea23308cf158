import subprocess
import sys

_PROGRAM = """
import sys, time
sleep = time.sleep
from sagemock import Plan, mock_sagemaker
print(sorted({"botocore", "asyncio", "sagemock.world.world", "sagemock.faces.mock"} & sys.modules.keys()))
time.sleep = print
mock_sagemaker()
from sagemock.clock.real import real
print(real.sleep is sleep)
"""


def test_an_import_loads_no_mock_and_keeps_what_is_real() -> None:
    """The first mock loads the rest: at that time, a test may have put a fake in the place of what is real."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)  # noqa: S603  # ours
    assert done.stdout.splitlines() == ["[]", "True"]
