"""What the gallery needs beside sphinx-gallery: the order of the scripts, and their pictures.

A script saves its picture as anybody would, ``plots.save(figure, name)``: a PNG and an SVG in the
current folder. The PNG is moved into the gallery, the SVG is not needed there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx_gallery.scrapers import figure_rst

ORDER = (
    "two_lines", "qubits_on_rails", "entanglement_map", "from_qutip", "multilevel_atom",
    "optomechanics", "star_network", "giant_atom", "filtered_pairs", "ensembles",
    "relaxation", "pulses", "photon_transfer", "spectrum", "antibunching", "quantum_jumps",
    "how_long",
    "own_model_sweep", "loss_map", "bandwidth", "long_chain", "long_cascade", "repeater",
    "rediscovered", "impossible", "gradient", "optimum", "best_squeezing", "feedback",
    "certificate", "certified_range", "closed_form", "truncation", "virtual_experiment",
    "notebook",
)  # fmt: skip
"""Names of the scripts as they are to be read; a new one is entered here."""


def in_order(file_name: str) -> int:
    """Where a script stands in `ORDER`."""
    return ORDER.index(Path(file_name).stem)


def saved_pictures(block: Any, variables: dict[str, Any], settings: dict[str, Any]) -> str:
    """Move the picture that a script has saved into the gallery; its markup."""
    found = []
    for picture in sorted(Path().glob("*.png")):
        place = Path(next(variables["image_path_iterator"]))
        picture.replace(place)
        picture.with_suffix(".svg").unlink(missing_ok=True)
        found.append(str(place))
    title = variables.get("example_globals", {}).get("__doc__", "").strip().partition("\n")[0]
    return figure_rst(found, settings["src_dir"], title) if found else ""
