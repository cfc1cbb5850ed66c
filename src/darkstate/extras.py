"""Optional parts of darkstate: what each needs, whether it is there, and the line that installs it.

The lists are those of `pyproject.toml`, read from the metadata of the installed package. The line
names the packages themselves, so that it is right for a clone, an archive and a wheel alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

PACKAGE = "darkstate"
NEEDED = ""
"""The name under which `parts` lists what is needed always."""

FOR_DEVELOPERS = ("dev",)


def parts() -> dict[str, tuple[Requirement, ...]]:
    """What darkstate needs (`NEEDED`), and what each of its optional parts needs besides.

    Parts for developers are left out.
    """
    found: dict[str, tuple[Requirement, ...]] = {NEEDED: ()}
    for line in requires(PACKAGE) or []:
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        name = extra[1] if extra else NEEDED
        if name not in FOR_DEVELOPERS:
            found[name] = (*found.get(name, ()), Requirement(line))
    return found


def installed(requirement: Requirement) -> str:
    """The version of a package that is installed, or "" without one."""
    try:
        return version(requirement.name)
    except PackageNotFoundError:
        return ""


def is_met(requirement: Requirement) -> bool:
    """Whether a package is installed, and new enough."""
    found = installed(requirement)
    return bool(found) and requirement.specifier.contains(found, prereleases=True)


def install_line(extra: str) -> str:
    """The command that installs what an optional part needs.

    Args:
        extra: its name in `pyproject.toml`, such as ``"interop"``.

    Returns:
        Such as ``pip install 'qutip>=5.1'``; where what is
        installed knows no such part, the command for the root of the repository.
    """
    needs = parts().get(extra, ())
    return pip_line(needs) if needs else f"pip install '.[{extra}]'"


def pip_line(needs: Iterable[Requirement]) -> str:
    """``pip install`` with every requirement of `needs`, quoted for a shell."""
    words = (f"'{each.name}{_extras(each)}{each.specifier}'" for each in needs)
    return f"pip install {' '.join(words)}"


def _extras(requirement: Requirement) -> str:
    return f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
