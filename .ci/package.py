"""Checks the wheel and the archive in a folder, and tries the wheel in an environment of its own.

python .ci/package.py dist                               borrows what this interpreter has
python .ci/package.py dist --whole --python python3.13   installs dependencies, for another one
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from packaging.metadata import Metadata

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src/darkstate"
MOST_BYTES = 5_000_000
LICENCE = "LICENSE"


def built(folder: Path) -> tuple[Path, Path]:
    """The one wheel and the one archive in a folder.

    Raises:
        ValueError: there are more, or fewer.
    """
    wheels, archives = sorted(folder.glob("*.whl")), sorted(folder.glob("*.tar.gz"))
    if len(wheels) != 1 or len(archives) != 1:
        raise ValueError(f"{folder} must hold one wheel and one archive, not {wheels + archives}")
    return wheels[0], archives[0]


def faults(wheel: Path, archive: Path) -> Iterator[str]:
    """What is wrong with them."""
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
        info = next(name for name in names if name.endswith(".dist-info/METADATA"))
        text = opened.read(info)
    yield from metadata_faults(text)
    yield from file_faults(names, info.rpartition("/")[0])
    with tarfile.open(archive) as opened:
        inside = {name.partition("/")[2] for name in opened.getnames()}
    for name in (LICENCE, "README.md", "CHANGELOG.md", "CITATION.cff", "pyproject.toml"):
        if name not in inside:
            yield f"the archive has no {name}"
    for path in (wheel, archive):
        if path.stat().st_size > MOST_BYTES:
            yield f"{path.name} has {path.stat().st_size} bytes, more than {MOST_BYTES}"


def metadata_faults(text: bytes) -> Iterator[str]:
    """What an index would refuse, and what should be there besides."""
    try:
        found = Metadata.from_email(text, validate=True)
    except ExceptionGroup as errors:
        yield from (f"metadata: {error}" for error in errors.exceptions)
        return
    if found.license_expression != "Apache-2.0" or LICENCE not in (found.license_files or ()):
        yield "metadata: no licence with its file"
    if not found.description or not found.requires_python:
        yield "metadata: no description, or no range of Python versions"


def file_faults(names: set[str], info: str) -> Iterator[str]:
    """Files of the package that a wheel lacks, and files that do not belong into it."""
    own = {
        f"darkstate/{path.relative_to(PACKAGE).as_posix()}"
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    yield from (f"the wheel lacks {name}" for name in sorted(own - names))
    others = {name for name in names - own if not name.startswith(f"{info}/")}
    yield from (f"the wheel has {name}" for name in sorted(others))
    if f"{info}/licenses/{LICENCE}" not in names:
        yield f"the wheel has no {LICENCE}"


def tried(wheel: Path, python: str, whole: bool) -> Iterator[str]:
    """What goes wrong where the wheel is installed and used."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run([python, "-m", "venv", place], check=True)
        own = Path(place) / "bin/python"
        options = [] if whole else ["--no-deps"]
        install = [own, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        subprocess.run([*install, *options, wheel], check=True)
        if not whole:
            packages = next(Path(place).glob("lib/python*/site-packages"))
            (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
        said = subprocess.run(
            [own, "-m", "darkstate", "doctor", "--json"],
            cwd=place, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if said.returncode:
            yield f"doctor: {said.stdout}{said.stderr}"
            return
        document = json.loads(said.stdout)
        print(f"Python {document['python']}: off by {document['off']:.1e} ebit")
        if not Path(document["place"]).is_relative_to(Path(place).resolve()):
            yield f"doctor: it is that of {document['place']}"


def main() -> int:
    """How many faults there are; each is printed."""
    parser = argparse.ArgumentParser(description="Check a wheel and an archive.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--whole", action="store_true", help="install the dependencies, too")
    given = parser.parse_args()
    wheel, archive = built(given.folder)
    found = [*faults(wheel, archive), *tried(wheel, given.python, given.whole)]
    print(*found, f"{wheel.name}, {archive.name}: {len(found)} faults", sep="\n")
    return len(found)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
