"""Settings of the documentation site. `make docs` builds the site, and fails on any warning."""

import sys
from pathlib import Path

from sphinx.errors import PycodeError
from sphinx.pycode import ModuleAnalyzer

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "extensions"))
sys.path.insert(0, str(DOCS.parent))

project = "VAE Lab"
author = "VAE Lab"
html_title = "VAE Lab"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "docstrings",
    "generated",
    "mathml",
]
source_suffix = {".md": "markdown"}
# A name of several classes, such as `size`, is ambiguous in a signature: it stays plain text.
suppress_warnings = ["ref.python"]

# --- Markdown ---------------------------------------------------------------------------------
myst_enable_extensions = ["dollarmath", "deflist", "colon_fence"]
myst_heading_anchors = 3

# --- the API reference ------------------------------------------------------------------------
# Importing TensorFlow takes seconds, and no signature needs it.
autodoc_mock_imports = ["keras", "tensorflow", "tf2onnx", "onnx", "distributed", "IPython"]
# Without this, autodoc looks for the source of their classes, and imports them after all.
for name in autodoc_mock_imports:
    ModuleAnalyzer.cache["module", name] = PycodeError("not imported for the docs")
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
napoleon_use_ivar = True
default_role = "code"  # docstrings put names in single backticks
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries_show_parents = "hide"

# --- appearance -------------------------------------------------------------------------------
html_theme = "furo"
html_favicon = "../dashboard/icon.svg"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "monokai"
