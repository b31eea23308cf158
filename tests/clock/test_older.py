"""The set of threads that keep real time."""

import gc
import threading

from sagemock import mock_sagemaker
from sagemock.clock.older import OlderThreads


def test_a_thread_may_be_added_while_another_one_iterates() -> None:
    """A plain WeakSet raises in this case."""
    first, second = threading.Thread(), threading.Thread()
    older = OlderThreads([first])
    seen = []
    for thread in older:
        older.add(second)
        seen.append(thread)
    assert seen == [first]
    assert set(older) == {first, second}
    older.discard(first)
    older.discard(threading.Thread())
    assert set(older) == {second}
    older.update([first])
    assert (len(older), second in older, threading.Thread() in older) == (2, True, False)


def test_an_ended_thread_is_forgotten() -> None:
    """The set holds only weak references."""
    older = OlderThreads([])
    older.add(threading.Thread())
    gc.collect()
    assert len(older) == 0


def test_an_excluded_thread_keeps_real_time() -> None:
    """It is treated like a thread that is older than the mock."""
    with mock_sagemaker(start="2018-07-30") as sagemaker:
        world = sagemaker._world
        found = []

        def work() -> None:
            found.append(threading.current_thread() in world.threads_before)
            world.keep_out()
            found.append(threading.current_thread() in world.threads_before)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert found == [False, True]
