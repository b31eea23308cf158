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


def test_an_import_loads_no_mock_and_keeps_real_functions() -> None:
    """The first mock loads the rest; by then a test may have replaced real functions by fakes."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)  # noqa: S603  # ours
    assert done.stdout.splitlines() == ["[]", "True"]
