"""Sphinx configuration of the manual."""

from __future__ import annotations

import shutil
import sys
from importlib.metadata import version as installed_version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from docutils import nodes

sys.path.insert(0, str(Path(__file__).parent))

project = "darkstate"
author = "The darkstate developers"
project_copyright = author
release = version = installed_version("darkstate")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx.ext.mathjax",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build"]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "subsection_order": [
        f"../examples/{name}" for name in ("what", "speed", "far", "knobs", "trust")
    ],
    "within_subsection_order": "gallery_parts.in_order",
    "image_scrapers": ("gallery_parts.saved_pictures",),
    "capture_repr": ("_repr_html_",),
    "abort_on_example_error": True,
    "reset_modules": (),
    "show_signature": False,
    "write_computation_times": False,
    "doc_module": ("darkstate",),
    "backreferences_dir": "gallery/backreferences",
    "thumbnail_size": (400, 300),
    "minigallery_sort_order": "gallery_parts.in_order",
    "remove_config_comments": True,
}

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "member-order": "bysource", "show-inheritance": True}
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_numpy_docstring = False

mathjax_path = "tex-svg-full.js"  # one file with its fonts: nothing comes from another host
mathjax3_config = {"tex": {"inlineMath": [["\\(", "\\)"], ["$", "$"]]}}  # $: tables of notebooks
mathjax3_config["options"] = {"processHtmlClass": "math|output_html"}
myst_update_mathjax = False

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["manual.css"]
html_js_files = ["section_hits.js"]
html_title = f"{project} {release}"
html_copy_source = False


def _copy_mathjax(app: Any, failure: Exception | None) -> None:
    """Put the one file of MathJax that is used beside the other static files."""
    package = find_spec("sphinx-mathjax-offline")
    if failure is None and package is not None and package.origin is not None:
        source = Path(package.origin).with_name("static") / "mathjax" / mathjax_path
        shutil.copy(source, app.outdir / "_static" / mathjax_path)


def _describe_thumbnails(app: Any, page: nodes.document) -> None:
    """Give the pictures of the gallery, which come without one, a text."""
    for picture in page.findall(nodes.image):
        if not picture.get("alt"):
            name = Path(picture["uri"]).stem.removeprefix("sphx_glr_").removesuffix("_thumb")
            picture["alt"] = f"picture of the example {name.replace('_', ' ')}"


def setup(app: Any) -> None:
    app.connect("build-finished", _copy_mathjax)
    app.connect("doctree-read", _describe_thumbnails)
