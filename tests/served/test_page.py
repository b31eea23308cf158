"""The control page in a real browser, if there is one."""

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from sagemock import Plan, SageMakerMock
from sagemock.served.page import page
from tests.support.browser import CHROMIUM, Browser, browser
from tests.support.calling import create
from tests.support.http import exchange

OPTIONS: dict[str, Any] = {
    "strict": False,
    "latency": 0,
    "plan": Plan.completes(starting=60, downloading=60, training=3600, uploading=60),
}
BROWSER = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here: apt-get install chromium")
SPOT = {"EnableManagedSpotTraining": True, "StoppingCondition": {"MaxRuntimeInSeconds": 9000, "MaxWaitTimeInSeconds": 9000}}


@pytest.fixture
def url(sagemaker: SageMakerMock) -> Iterator[str]:
    """Serve the mock."""
    with sagemaker.serve() as url:
        yield url


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Browser]:  # pragma: no cover  # where there is Chromium
    """Run a browser."""
    with browser(tmp_path) as running:
        yield running


def button(name: str) -> str:  # pragma: no cover  # where there is Chromium
    """Return the JavaScript expression of the button with this accessible name."""
    return f"[...document.querySelectorAll('button')].find((one) => (one.ariaLabel || one.textContent) === '{name}')"


def status(name: str) -> str:  # pragma: no cover  # where there is Chromium
    """Return the JavaScript expression of the status that the page shows for a job."""
    row = f"[...document.querySelectorAll('tbody tr')].find((one) => one.cells[0].textContent === '{name}')"
    return f"{row}.cells[2].textContent"


def test_the_page_loads_nothing_from_another_host(url: str) -> None:
    """A header tells the browser to enforce it."""
    answered = exchange(url, "GET", "/")
    assert answered.body == files("sagemock.served").joinpath("page.html").read_bytes()
    assert "default-src 'none'" in answered.headers["content-security-policy"]
    assert re.findall(rb"(?:https?:)?//[a-z]|@import|src=", answered.body) == []
    head = exchange(url, "HEAD", "/")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(answered.body)))
    assert page() is page()


@BROWSER
def test_a_click_in_one_browser_shows_in_the_other(sagemaker: SageMakerMock, client: Any, url: str, chromium: Browser) -> None:
    """At its next look, of which it takes two a second or more; every button does what it says."""
    for name in ("stops", "fails", "completes"):
        create(client, name)
    create(client, "spot", **SPOT)
    one, other = chromium.tab(url), chromium.tab(url)
    for tab in (one, other):
        tab.until(f"{status('spot')} === 'InProgress / Starting'")
    one.click(button("+1 min"))
    one.click(button("+1 min"))
    one.click(button("+1 min"))
    other.until("/00:03:00/.test(document.getElementById('now').textContent)")
    assert other.ask(status("stops")) == "InProgress / Training"
    assert (sagemaker.clock.now().hour, sagemaker.clock.now().minute) == (0, 3)
    one.click(button("stop stops"))
    one.until(f"{status('stops')} === 'Stopping'")
    # The page numbers its looks; the one that is under way may have begun before the click.
    number = other.ask("turn")
    other.until(f"turn > {number} + 1")
    assert other.ask(status("stops")) == "Stopping"
    assert other.ask("EVERY_MS") <= 500
    one.ask("document.getElementById('reason').value = 'ClientError: clicked'")
    one.click(button("fail fails"))
    other.click(button("interrupt spot"))
    other.click(button("complete completes"))
    for tab in (one, other):
        tab.until(f"{status('fails')} === 'Failed' && {status('spot')} === 'InProgress / Interrupted'")
        tab.until(f"{status('completes')} === 'Completed'")
        assert tab.ask(f"{button('fail fails')}.disabled && {button('interrupt stops')}.disabled")
    assert sagemaker.jobs["fails"].failure_reason == "ClientError: clicked"
    one.click(button("fails"))
    one.until("document.querySelector('#picture svg title').textContent.startsWith('fails: ')")
    assert one.ask(f"{button('fails')}.getAttribute('aria-pressed')") == "true"
    one.click(button("show all jobs"))
    one.until("document.querySelector('#picture svg title').textContent === '4 training jobs'")
    one.click(button("until nothing is left to happen"))
    other.until(f"{status('spot')} === 'Completed' && {status('stops')} === 'Stopped'")


@BROWSER
def test_jobs_of_every_kind_are_shown(sagemaker: SageMakerMock, client: Any, url: str, chromium: Browser) -> None:
    """With the phase, which AWS's API lacks. Their buttons work, but only training jobs have one to interrupt."""
    create(client)
    sagemaker.create_processing_job("prepare")
    tab = chromium.tab(url)
    tab.until(f"{status('prepare processing')} === 'InProgress / Starting'")
    assert tab.ask(f"{button('interrupt prepare')}.disabled")
    tab.click(button("fail prepare"))
    tab.until(f"{status('prepare processing')} === 'Failed' && {status('churn')} === 'InProgress / Starting'")
    assert sagemaker.processing_jobs["prepare"].status == "Failed"


@BROWSER
def test_the_page_works_with_the_keyboard(sagemaker: SageMakerMock, client: Any, url: str, chromium: Browser) -> None:
    """With Tab and Enter; the focus stays while the page refreshes."""
    create(client)
    tab = chromium.tab(url)
    tab.until(f"{status('churn')} === 'InProgress / Starting'")
    tab.press("Tab", 9)
    assert tab.ask("document.activeElement.textContent") == "+1 min"
    tab.press("Enter", 13, "\r")
    tab.until("/00:01:00/.test(document.getElementById('now').textContent)")
    tab.ask("document.getElementById('by').focus()")
    tab.press("Enter", 13, "\r")
    tab.until("/00:31:00/.test(document.getElementById('now').textContent)")
    tab.ask(f"{button('fail churn')}.focus()")
    create(client, "later")
    tab.until(f"{status('later')} === 'InProgress / Starting'")
    assert tab.ask("document.activeElement.ariaLabel") == "fail churn"
    tab.press("Enter", 13, "\r")
    tab.until(f"{status('churn')} === 'Failed'")


@BROWSER
def test_an_error_is_shown(sagemaker: SageMakerMock, url: str, chromium: Browser) -> None:
    """In the server's words; before there is a job the page shows how to connect a client."""
    tab = chromium.tab(url)
    tab.until(f"document.getElementById('count').textContent.endsWith('AWS_ENDPOINT_URL_SAGEMAKER={url}')")
    tab.ask("document.getElementById('by').value = 'soon'")
    tab.click(button("advance"))
    assert "'soon' is not a duration" in tab.until("document.getElementById('said').textContent")
    tab.ask("document.getElementById('by').value = '90'")
    tab.click(button("advance"))
    tab.until("/00:01:30/.test(document.getElementById('now').textContent)")
    assert tab.ask("document.getElementById('said').textContent") == ""


@BROWSER
def test_the_page_asks_for_its_token(sagemaker: SageMakerMock, chromium: Browser) -> None:
    """Or takes it from the fragment of its address, which no server gets."""
    with sagemaker.serve(token="secret") as url:
        tab = chromium.tab(url)
        tab.until("!document.getElementById('ask').hidden")
        tab.ask("document.getElementById('token').value = 'secret'")
        tab.click(button("go on"))
        tab.until("document.body.dataset.state === 'live' && document.getElementById('ask').hidden")
        assert chromium.tab(f"{url}/#token=secret").until("document.body.dataset.state") == "live"


@BROWSER
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_readable_in_light_and_dark(
    sagemaker: SageMakerMock, client: Any, url: str, chromium: Browser, scheme: str
) -> None:
    """It follows the system."""
    create(client)
    tab = chromium.tab(url)
    tab.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    tab.until("document.querySelector('#picture svg')")
    style = (
        "(([red, green, blue]) => 0.299 * red + 0.587 * green + 0.114 * blue)(getComputedStyle(document.body).{}.match(/\\d+/g))"
    )
    text, back = tab.ask(style.format("color")), tab.ask(style.format("backgroundColor"))
    low, high = (text, back) if scheme == "light" else (back, text)
    assert low < 60
    assert high > 200
    assert tab.ask("document.documentElement.scrollWidth <= innerWidth")
