"""The checks of wheel and archive (`make package`), and what must agree with the version."""

from __future__ import annotations

import importlib.util
import re
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import darkstate

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("package", ROOT / ".ci/package.py")
assert SPEC and SPEC.loader
package = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(package)

INFO = "darkstate-0.1.0.dist-info"
METADATA = """\
Metadata-Version: 2.4
Name: darkstate
Version: 0.1.0
License-Expression: Apache-2.0
License-File: LICENSE
Requires-Python: >=3.11

Words.
"""
FILES = {f"{INFO}/METADATA": METADATA, f"{INFO}/licenses/LICENSE": "", f"{INFO}/RECORD": ""} | {
    f"darkstate/{path.relative_to(package.PACKAGE).as_posix()}": ""
    for path in package.PACKAGE.rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
}
ARCHIVE = ("LICENSE", "README.md", "CHANGELOG.md", "CITATION.cff", "pyproject.toml")


def build(folder: Path, files: dict[str, str], inside: tuple[str, ...] = ARCHIVE):
    with zipfile.ZipFile(folder / "d.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    with tarfile.open(folder / "d.tar.gz", "w:gz") as archive:
        for name in inside:
            archive.add(ROOT / name, f"d/{name}")
    return package.built(folder)


def test_nothing_is_found_where_nothing_is_wrong(tmp_path):
    assert list(package.faults(*build(tmp_path, FILES))) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"darkstate/py.typed": None}, "the wheel lacks darkstate/py.typed"),
        ({"tests/test_x.py": ""}, "the wheel has tests/test_x.py"),
        ({f"{INFO}/licenses/LICENSE": None}, "the wheel has no LICENSE"),
        ({f"{INFO}/METADATA": METADATA.replace("0.1.0", "one")}, "metadata: 'one' is invalid"),
        ({f"{INFO}/METADATA": METADATA.replace("License-File", "Summary")}, "no licence"),
        ({f"{INFO}/METADATA": METADATA.replace("Words.\n", "")}, "no description"),
    ],
)
def test_faults_of_a_wheel_are_found(tmp_path, changes, said):
    files = {name: text for name, text in (FILES | changes).items() if text is not None}
    (fault,) = package.faults(*build(tmp_path, files))
    assert said in fault


def test_faults_of_an_archive_are_found(tmp_path, monkeypatch):
    built = build(tmp_path, FILES, ARCHIVE[1:])
    assert list(package.faults(*built)) == ["the archive has no LICENSE"]
    monkeypatch.setattr(package, "MOST_BYTES", 10)
    assert len(list(package.faults(*built))) == 3
    (tmp_path / "e.whl").touch()
    with pytest.raises(ValueError, match="one wheel and one archive"):
        package.built(tmp_path)


def test_one_version_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    cited = re.search(r"(?m)^version: (\S+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited and project["version"] == darkstate.__version__ == cited[1]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{project['version']}]" in changes
