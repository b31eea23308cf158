"""The page: one file that loads nothing from another host, and whose headers make the browser enforce that."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from sagemock.served.wire import Response

__all__ = ["page"]


@cache
def page() -> Response:
    """Return the page, with a policy that lets a browser run only the page's own script."""
    text = files("sagemock.served").joinpath("page.html").read_text("utf-8")
    script = text.partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # 'unsafe-inline', because the SVG picture has a style sheet of its own.
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = (
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", policy.encode()),
        (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-cache"),
    )
    return Response(200, headers, text.encode())
