"""Sphinx configuration of the manual."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "darkstate"
author = "The darkstate developers"
project_copyright = author
release = version = installed_version("darkstate")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
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

html_theme = "furo"
html_title = f"{project} {release}"
html_copy_source = False
