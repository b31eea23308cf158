r"""Java regular expressions, the language of the patterns in a service model, translated for Python.

The service runs Java's `Pattern.matches`: the whole string must match, `\d \w \s` are ASCII, `.` stops at five line terminators,
and `\p{L}` stands for a Unicode category. Python's `re` does not know categories. So before matching, each character outside
ASCII is replaced by one private-use character, the stand-in of its category (from `unicodedata`). In the pattern, `\p{L}` becomes
the ASCII letters and the stand-ins of Lu, Ll, Lt, Lm and Lo.

The characters of a category thus depend on the Unicode version of this Python, not of the service's Java.

Python backtracks, as Java does: a pattern that repeats a repetition can need exponential time for a malicious string. No pattern
of jobs, tuning jobs and tags is worse than quadratic, and only in strings far beyond their maximum length.
"""

import re
import unicodedata
import warnings
from collections.abc import Callable
from functools import cache
from typing import Final

from sagemock.evidence import Assumption

__all__ = ["matcher"]

_SAME_UNICODE: Final = Assumption("that a character has the same Unicode category in this Python as in the service's Java")
_category: Final = _SAME_UNICODE(unicodedata.category)

_NEL = "\x85"
_DOT = rf"[^\n\r{_NEL}\u2028\u2029]"
# `$` also matches before a last line terminator. The group makes `${1,128}` legal, which Java allows and models contain.
_END = rf"(?=(?:\r\n|[\n\r{_NEL}\u2028\u2029])?\Z)"
_CATEGORIES = (
    "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn".split()  # noqa: SIM905  # a table
)
_STAND_INS = {category: chr(0xE000 + number) for number, category in enumerate(_CATEGORIES)}
_DOT_OF_STAND_INS = rf"[^\n\r{_NEL}{_STAND_INS['Zl']}{_STAND_INS['Zp']}]"
# The POSIX classes (in Java, ASCII only) that can be written inside a Python class.
_POSIX = {
    "Alnum": "a-zA-Z0-9",
    "Alpha": "a-zA-Z",
    "ASCII": r"\x00-\x7f",
    "Digit": "0-9",
    "Lower": "a-z",
    "Upper": "A-Z",
    "XDigit": "0-9a-fA-F",
}
_SAME_IN_PYTHON = frozenset("dDwWsSbBtnrf")
_TOKEN = re.compile(
    r"""\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})
      | \\u(?P<unit>[0-9a-fA-F]{4}) | \\x(?P<byte>[0-9a-fA-F]{2})
      | \\(?P<sign>[pP])(?:\{(?P<name>\w+)\}|(?P<letter>[A-Z]))
      | \\(?P<escaped>.) | (?P<plain>.)""",
    re.DOTALL | re.VERBOSE,
)


class _Untranslatable(Exception):  # noqa: N818  # never leaves this module
    """The pattern has a construct that may mean something else in Python."""


class _StandIns(dict[int, int]):
    """A table for `str.translate`, filled with the stand-in of each character on first use."""

    def __missing__(self, code: int) -> int:
        ascii_or_nel = code < 0x80 or code == ord(_NEL)  # noqa: PLR2004  # the end of ASCII
        self[code] = code if ascii_or_nel else ord(_STAND_INS[unicodedata.category(chr(code))])
        return self[code]


_TABLE = _StandIns()


@cache
def matcher(pattern: str, length: str = "") -> Callable[[str], object] | None:
    """Return a function whose result is true if a whole string matches a Java pattern.

    `length` is a repetition, such as "{1,63}", which also limits the length of the string.

    None means that the pattern cannot be translated faithfully, and so is not enforced. Up to botocore 1.44, SageMaker's model
    has no such pattern.
    """
    with_categories = "\\p" in pattern or "\\P" in pattern
    try:
        translated = _translate(pattern, with_categories=with_categories)
        if length:
            translated = rf"(?=(?s:.{length})\Z)(?:{translated})"
        with warnings.catch_warnings():
            # `re` warns of a construct whose meaning will change. It may already mean something else in Java.
            warnings.simplefilter("error")
            fullmatch = re.compile(translated, re.ASCII).fullmatch
    except (_Untranslatable, re.error, FutureWarning):
        return None
    if not with_categories:
        return fullmatch
    return lambda value: fullmatch(value if value.isascii() else value.translate(_TABLE))


def _translate(pattern: str, *, with_categories: bool) -> str:
    if with_categories:
        _must_be_ascii(pattern)
    parts: list[str] = []
    in_class = False
    for token in _TOKEN.finditer(pattern):
        plain = token["plain"]
        if plain is None:
            parts.append(_escape(token, in_class=in_class, with_categories=with_categories))
        elif in_class:
            parts.append(_in_class(plain, pattern, token.start()))
            in_class = plain != "]"
        elif plain == "[":
            parts.append(plain)
            in_class = True
        elif plain == ".":
            parts.append(_DOT_OF_STAND_INS if with_categories else _DOT)
        elif plain == "$":
            parts.append(_END)
        else:
            parts.append(plain)
    return "".join(parts)


def _in_class(plain: str, pattern: str, at: int) -> str:
    before = pattern[at - 1]
    if plain == "[" or (plain == before and plain in "&-"):
        # In Java these are a union of classes, an intersection, and a range that ends in "-".
        raise _Untranslatable(pattern)
    if plain in "]-" or (plain == "^" and before == "["):
        return plain
    return re.escape(plain)


def _escape(token: re.Match[str], *, in_class: bool, with_categories: bool) -> str:
    escaped = token["escaped"]
    if escaped is None:
        if token["sign"] is not None:
            content = _content(token["name"] or token["letter"], negated=token["sign"] == "P")
            return content if in_class else f"[{content}]"
        if token["high"] is not None:
            pair = bytes.fromhex(token["high"] + token["low"])
            return _literal(pair.decode("utf-16-be"), with_categories=with_categories)
        return _literal(chr(int(token["unit"] or token["byte"], 16)), with_categories=with_categories)
    if escaped in _SAME_IN_PYTHON:
        return f"\\{escaped}"
    if escaped.isalnum():
        raise _Untranslatable(token.string)
    return re.escape(escaped)


def _literal(char: str, *, with_categories: bool) -> str:
    if with_categories:
        _must_be_ascii(char)
    return re.escape(char)


def _must_be_ascii(text: str) -> None:
    if not text.isascii():
        # If characters are replaced by stand-ins, this one looks like any other of its category.
        raise _Untranslatable(text)


def _content(name: str, *, negated: bool) -> str:
    """Return the content of a Python class, without its brackets, for the Java class of this name."""
    if name in _POSIX and not negated:
        return _POSIX[name]
    categories = [category for category in _CATEGORIES if category.startswith(name)]
    if not categories:
        raise _Untranslatable(name)
    if negated:
        categories = [category for category in _CATEGORIES if category not in categories]
    plain = [re.escape(char) for char in (*map(chr, range(0x80)), _NEL) if unicodedata.category(char) in categories]
    return "".join((*plain, *(_STAND_INS[category] for category in categories)))
