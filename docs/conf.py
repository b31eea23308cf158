"""How Sphinx builds the documentation: offline, each warning an error."""

from importlib.metadata import version as installed_version
from typing import Any

from sphinx.pycode import ModuleAnalyzer
from sphinx.util.logging import getLogger

import sagemock

logger = getLogger("sagemock")

project = "sagemock"
project_copyright = "the sagemock authors"
version = release = installed_version("sagemock")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton"]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_title = f"sagemock {release}"

# What is copied of a session in a terminal are its commands.
copybutton_prompt_text = "$ "

# Docstrings quote code as Markdown does, with single backticks.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
# A longer signature has a line for each parameter.
python_maximum_signature_line_length = 100

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

nitpicky = True
nitpick_ignore_regex = [
    # Names of others are not links here: their inventories would have to be fetched.
    (r"py:.*", r"(?!sagemock\.).*"),
    # A private name has no place to link to.
    (r"py:.*", r"sagemock\.(.*\.)?_\w+"),
    # What the plans of all kinds share, and a mapping that behaves as that of the mock: in signatures only.
    (r"py:class", r"sagemock\.jobs\.fields\.GeneralFields|sagemock\.served\.remote_mappings\.RemoteAccounts"),
]


def use_own_docstring(app: Any, what: str, name: str, _: object, __: object, lines: list[str]) -> None:  # noqa: ANN401, ARG001  # as Sphinx calls it
    """Give data the docstring below its definition; Sphinx would give it that of its type, such as `str`."""
    if what == "data":
        module, _, short = name.rpartition(".")
        home = module if module != "sagemock" else sagemock._HOMES[short]  # noqa: SLF001  # where the name is defined
        found = ModuleAnalyzer.for_module(home).find_attr_docs().get(("", short))
        if found is None:
            logger.warning("%s has no docstring", name)
        lines[:] = found or []
    elif lines and lines[0].startswith("Alias for field number"):
        logger.warning("%s has no docstring", name)


def at_top_level(app: Any, env: Any, node: Any, content: Any) -> Any:  # noqa: ANN401  # Sphinx is not there to be asked
    """Let a signature that names a class by its module link to its entry: the reference has each name where users import it."""
    module, _, name = node["reftarget"].rpartition(".")
    if module.startswith("sagemock.") and name in sagemock.__all__:
        python = env.domains.python_domain
        return python.resolve_xref(env, node["refdoc"], app.builder, node["reftype"], f"sagemock.{name}", node, content)
    return None


def setup(app: Any) -> None:  # noqa: ANN401  # Sphinx is not there to be asked
    """Register what Sphinx calls."""
    app.connect("missing-reference", at_top_level)
    app.connect("autodoc-process-docstring", use_own_docstring)
