"""Drive a headless Chromium through its DevTools pipe, without a driver or a package."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

__all__ = ["CHROMIUM", "Browser", "Tab", "browser"]

CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""The path of the browser, None if there is none."""
# The browser reads from descriptor 3 and writes to 4. Our pipes may have the same numbers, so copy them out of the way first.
_EXEC: Final = """
import os, sys
reads, writes = (os.dup(os.dup(int(one))) for one in sys.argv[1:3])
os.dup2(reads, 3)
os.dup2(writes, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
_UNTIL: Final = """
new Promise((done, fail) => {
    const began = performance.now();
    (function look() {
        let found;
        try { found = (() => (%s))(); } catch (error) { found = undefined; }
        if (found) done(found);
        else if (performance.now() - began > 60000) fail(new Error("it never came"));
        else setTimeout(look, 20);
    })();
})
"""


class Browser:  # pragma: no cover  # where there is Chromium
    """A browser that is controlled over the DevTools protocol."""

    def __init__(self, to: int, back: int) -> None:
        self._to = to
        self._back = back
        self._rest = b""
        self._number = 0

    def send(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Call a protocol method and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            found = self._next()
            # The messages without our id are events.
            if found.get("id") == self._number:
                assert "error" not in found, found
                result: dict[str, Any] = found["result"]
                return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            chunk = os.read(self._back, 65536)
            assert chunk, "the browser has gone"
            self._rest += chunk
        first, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(first)
        return found

    def tab(self, url: str) -> "Tab":
        """Open a page in a browser context of its own, which shares no storage with the others."""
        context = self.send("Target.createBrowserContext")["browserContextId"]
        target = self.send("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = Tab(self, session)
        tab.send("Page.enable")
        tab.send("Page.navigate", url=url)
        return tab


class Tab:  # pragma: no cover  # where there is Chromium
    """A page in its own browser context."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a protocol method on this page."""
        return self._browser.send(method, self._session, **params)

    def ask(self, expression: str) -> Any:
        """Evaluate a JavaScript expression and return its value."""
        found = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, expression: str) -> Any:
        """Wait in real time, at most a minute, until an expression is true; return its value."""
        return self.ask(_UNTIL % expression)

    def click(self, element: str) -> None:
        """Wait until an element is enabled, then click on its middle; `element` is a JavaScript expression."""
        self.until(f"{element} && !{element}.disabled")
        place = self.ask(
            f"(() => {{ const one = {element}; one.scrollIntoView({{block: 'center'}}); const box = one.getBoundingClientRect();"
            "return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press and release a key."""
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, text=text)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def photograph(self, path: Path) -> None:
        """Save a screenshot of the page."""
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:  # pragma: no cover  # where there is Chromium
    """Run a browser within the block."""
    reads, to = os.pipe()
    back, writes = os.pipe()
    assert CHROMIUM is not None
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"]
    command = [sys.executable, "-S", "-c", _EXEC, str(reads), str(writes), CHROMIUM, *flags, f"--user-data-dir={profile}"]
    nowhere = subprocess.DEVNULL
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    process = subprocess.Popen(  # noqa: S603  # the browser
        command, pass_fds=(reads, writes), stdout=nowhere, stderr=nowhere, start_new_session=True, env=env
    )
    os.close(reads)
    os.close(writes)
    try:
        yield Browser(to, back)
    finally:
        os.close(to)
        os.close(back)
        process.terminate()
        process.wait()
