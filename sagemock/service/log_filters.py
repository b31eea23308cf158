"""Filter patterns of CloudWatch Logs, for plain text only.

User guide, "Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail": a line must have
all terms (`ERROR "exit code"`), no term with a minus (`ERROR -warning`), and any one of the terms with a question mark
(`?ERROR ?WARN`; they are ignored if the pattern has other terms). A regular expression stands between percent signs. Case
matters. A term matches anywhere in the line, also inside a word.

User guide, "Supported regular expressions (regex) syntax": an expression has ASCII letters and digits, some signs, and operators,
but no parentheses, and a pattern has at most two expressions.
"""

import re
from collections.abc import Callable
from typing import Final, NoReturn

from sagemock.errors import NotSimulated
from sagemock.evidence import YOUR_WORDS, Assumption
from sagemock.protocol.refusal import Refusal
from sagemock.regex import read

__all__ = ["matches"]

_INSIDE: Final = Assumption("that a filter pattern's term is found inside a word")
_AS_IN_PYTHON: Final = Assumption("that the operators of a regular expression in a filter pattern mean what they mean in Python")
_THIRD: Final = Assumption("the words in which a third regular expression in a filter pattern is refused", knob=YOUR_WORDS)
_TERM: Final = re.compile(r'\s*(?P<sign>[?-]?)(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<word>\w+)|%(?P<regex>[^%]+)%)(?=\s|$)')
_STRANGE: Final = re.compile(r"[^A-Za-z0-9:_#=@/;,^$?\[\]{}|\\*+.-]")
"""A character that a regular expression of a filter pattern must not contain."""
_REGEXES: Final = 2
"""How many regular expressions a filter pattern may have."""


def matches(pattern: str) -> Callable[[str], bool]:
    """Return a test for lines. Refuses an invalid pattern, as AWS does; raises NotSimulated for patterns of JSON or columns."""
    text = pattern.strip()
    if text[:1] in ("{", "["):
        raise NotSimulated(
            f"sagemock does not simulate the filter pattern {pattern!r} of FilterLogEvents, which is for structured lines: "
            "filter by terms, such as 'ERROR -warning', or filter what is returned"
        )
    regexes = 0
    wanted: dict[str, list[Callable[[str], bool]]] = {"": [], "-": [], "?": []}
    at = 0
    while at < len(text):
        term = _TERM.match(text, at)
        if term is None:
            _refuse()
        regexes += term["regex"] is not None
        if _THIRD(regexes > _REGEXES):
            _refuse()
        wanted[term["sign"]].append(_test(term))
        at = term.end()

    def test(line: str) -> bool:
        if any(there(line) for there in wanted["-"]):
            return False
        if wanted[""] or wanted["-"]:
            return all(there(line) for there in wanted[""])
        return not wanted["?"] or any(there(line) for there in wanted["?"])

    return test


def _test(term: re.Match[str]) -> Callable[[str], bool]:
    if term["regex"] is not None:
        strange = _STRANGE.search(term["regex"])
        if strange is not None:
            # The words: ministryofjustice/modernisation-platform-environments#5137, for a parenthesis after a backslash.
            _refuse(f"Invalid character(s) in term '{strange[0]}'")
        try:
            return _AS_IN_PYTHON(read(term["regex"]).found_in)
        except re.error:
            _refuse()
    found: str = term["word"] if term["phrase"] is None else re.sub(r"\\(.)", r"\1", term["phrase"])
    return _INSIDE(lambda line: found in line)


def _refuse(text: str = "Invalid filter pattern") -> NoReturn:
    # The words: aws/aws-toolkit-jetbrains#3219.
    code = "InvalidParameterException"
    raise Refusal(code, text)
