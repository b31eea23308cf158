"""Scenarios: event loops and idle servers, beside a thread or task that waits for a job."""

import asyncio
import threading
import time
import urllib.request
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from benchmarks.waiting.outside import answering, answering_in_a_loop, served, serving
from benchmarks.waiting.scenario import Outcome, Watch, needs, seconds, within
from benchmarks.worlds import client, request
from sagemock.clock.real import real

__all__ = ["SCENARIOS"]

_MOVES: Final = 400
_MOST_MS: Final = 5.0
"""The most processor time of a move beside an idle server."""


def _httpx(answers_s: float) -> Outcome:
    """A client with a timeout of five seconds, beside a task that sleeps for a minute."""
    httpx = needs("httpx")

    async def go() -> int:
        beside = asyncio.create_task(asyncio.sleep(60))
        answered = 0
        async with httpx.AsyncClient(timeout=5, trust_env=False) as asked:
            for _ in range(10):
                try:
                    answered += (await asked.get(url)).status_code == 200  # OK
                except httpx.HTTPError:
                    continue
        beside.cancel()
        return answered

    with served(answers_s) as url, within() as sagemaker:
        watch = Watch()
        answered = asyncio.run(go())
        lost_s = seconds(sagemaker)
        wrong = f"{answered} of 10 answers" if answered < 10 else f"{lost_s:.0f} s passed" if lost_s else ""
        return Outcome(wrong, watch.s - 10 * answers_s, lost_s)


def _child_of_a_loop(kind: str, where: int | None = None) -> Outcome:
    """A task waits for a child, while another one sleeps for an hour; uvloop does not show its children."""

    async def go() -> float:
        beside = asyncio.create_task(asyncio.sleep(3600))
        child = await asyncio.create_subprocess_exec("sleep", "0.5", stdout=where)
        await child.communicate()
        beside.cancel()
        return seconds(sagemaker)

    with within() as sagemaker:
        loop, watch = needs(kind).new_event_loop(), Watch()
        lost_s = loop.run_until_complete(go())
        loop.close()
        return Outcome(f"{lost_s:.0f} s passed" if lost_s else "", watch.s - 0.5, lost_s)


_PARTS = """
import socket, time
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
connection, _ = server.accept()
time.sleep(0.6); connection.send(b"hello")
connection.recv(9); connection.send(b"a"); time.sleep(0.6); connection.send(b"b"); time.sleep(60)
"""


def _in_parts(kind: str) -> Outcome:
    """A server in another process greets, and then answers in two parts, each within a timeout beside a sleeping task."""

    async def go() -> None:
        beside = asyncio.create_task(asyncio.sleep(60))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.wait_for(reader.readexactly(5), 5)
        writer.write(b"?")
        await asyncio.wait_for(reader.readexactly(2), 5)
        writer.close()
        beside.cancel()

    new_loop = needs("uvloop").new_event_loop if kind == "uvloop" else asyncio.new_event_loop
    with serving(_PARTS) as port, within() as sagemaker:
        watch, loop = Watch(), new_loop()
        loop.run_until_complete(go())
        lost_s = seconds(sagemaker)
        loop.close()
        return Outcome(f"{lost_s:.0f} s passed" if lost_s else "", watch.s - 1.2, lost_s)


def _timed_out() -> Outcome:
    """Timeouts of 50 s around threads that sleep for ten minutes, and a timeout around real work of 0.2 s."""

    async def go() -> list[object]:
        loop = asyncio.get_running_loop()
        slept = [asyncio.to_thread(time.sleep, 600), loop.run_in_executor(None, time.sleep, 600)]
        found: list[object] = []
        for one in slept:
            try:
                found.append(await asyncio.wait_for(one, 50))
            except asyncio.TimeoutError:
                found.append(seconds(sagemaker))
        found.append(await asyncio.wait_for(asyncio.to_thread(_computes, 0.2), 30))
        return [*found, seconds(sagemaker)]

    with warnings.catch_warnings(), within() as sagemaker:
        # asyncio.run warns of threads that still sleep at its end.
        warnings.simplefilter("ignore", RuntimeWarning)
        watch = Watch()
        found = asyncio.run(go())
        return Outcome("" if found == [50, 100, 7, 100] else f"{found}", watch.s - 0.2)


def _computes(for_s: float) -> int:
    ends_s = real.monotonic() + for_s
    while real.monotonic() < ends_s:
        pass
    return 7


def _stop_wait() -> Outcome:
    """A task polls between waits for an event, none of which sleeps."""

    async def go() -> list[float]:
        made: Any = client()
        made.create_training_job(**request("job"))
        stop, polls = asyncio.Event(), list[float]()
        while not stop.is_set():
            try:
                await asyncio.wait_for(stop.wait(), 600)
            except asyncio.TimeoutError:
                polls.append(seconds(sagemaker))
                if made.describe_training_job(TrainingJobName="job")["TrainingJobStatus"] == "Completed":
                    stop.set()
        return polls

    with within() as sagemaker:
        watch = Watch()
        polls = asyncio.run(go())
        right = [600.0 * number for number in range(1, 1 + len(polls))]
        return Outcome("" if polls == right and polls[-1] > 21_000 else f"{polls}", watch.s)  # six hours


def _moves(started: Callable[[], Callable[[], str]]) -> Outcome:
    """Start a server inside the mock, and then sleep virtually many times."""
    with within() as sagemaker:
        asked = started()
        for _ in range(2):
            asked()
        watch, began_s = Watch(), time.process_time()
        for _ in range(_MOVES):
            time.sleep(60)
        # By processor time: beside busy processes, real time means little.
        ms = (time.process_time() - began_s) * 1000 / _MOVES
        lost_s = seconds(sagemaker) - 60 * _MOVES
        return Outcome(asked(), watch.s, lost_s, ms / _MOST_MS)


def _get(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        return "" if answer.read() == b"ok" else "another answer"


def _stdlib() -> Callable[[], str]:
    return partial(_get, answering())


def _aiohttp() -> Callable[[], str]:
    return partial(_get, answering_in_a_loop())


def _uvicorn() -> Callable[[], str]:
    uvicorn = needs("uvicorn")

    async def app(scope: Any, _: object, send: Any) -> None:  # ASGI's
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        real.sleep(0.01)
    return partial(_get, server.servers[0].sockets[0].getsockname()[1])


def _advance_beside_uvicorn() -> Outcome:
    """The test advances by ten minutes, while uvicorn's own loop sleeps for a tenth of a second again and again."""
    with within() as sagemaker:
        asked = _uvicorn()
        asked()
        watch, began_s = Watch(), time.process_time()
        before_s = seconds(sagemaker)
        sagemaker.clock.advance(600)
        # By processor time, as in `_moves`.
        took_s, waited_s = time.process_time() - began_s, watch.s
        passed_s = seconds(sagemaker) - before_s
        wrong = asked() or (f"{passed_s} s passed" if passed_s < 600 else "")
        # It may take a second.
        return Outcome(wrong, waited_s, passed_s - 600, took_s)


SCENARIOS: Final[dict[str, Callable[[], Outcome]]] = {
    "httpx-20ms": partial(_httpx, 0.02),
    "httpx-200ms": partial(_httpx, 0.2),
    "child-of-a-loop": partial(_child_of_a_loop, "asyncio"),
    "child-of-uvloop": partial(_child_of_a_loop, "uvloop"),
    "child-of-uvloop-pipe": partial(_child_of_a_loop, "uvloop", asyncio.subprocess.PIPE),
    "answer-in-parts": partial(_in_parts, "asyncio"),
    "answer-in-parts-uvloop": partial(_in_parts, "uvloop"),
    "timeout-around-a-thread": _timed_out,
    "stop-wait-of-a-task": _stop_wait,
    "idle-http.server": partial(_moves, _stdlib),
    "idle-aiohttp": partial(_moves, _aiohttp),
    "idle-uvicorn": partial(_moves, _uvicorn),
    "advance-beside-uvicorn": _advance_beside_uvicorn,
}
