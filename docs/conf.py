"""How Sphinx builds the documentation: offline, each warning an error."""

from importlib.metadata import version as installed_version

project = "sagemock"
project_copyright = "the sagemock authors"
version = release = installed_version("sagemock")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = f"sagemock {release}"

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
]
