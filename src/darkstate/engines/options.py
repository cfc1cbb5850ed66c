"""Options that several engines share, and what they may be."""

from __future__ import annotations

from darkstate.errors import check_integer, check_real


def check_memory_limit(limit: float | None) -> None:
    """A number of bytes, or None.

    Raises:
        ArgumentError: neither.
    """
    if limit is not None:
        check_real("memory_limit", limit, above=0.0, remedy="Give bytes.")


def check_cutoff(cutoff: int | None) -> None:
    """Fock states per mode, or None.

    Raises:
        ArgumentError: neither, or fewer than two.
    """
    if cutoff is not None:
        remedy = "Give the number of Fock states per mode, 2 or more."
        check_integer("cutoff", cutoff, minimum=2, remedy=remedy)


def check_density_options(rtol: float, edge: float, krylov_size: int) -> None:
    """Options of engines that hold a density matrix.

    Args:
        rtol: relative residual of steady states.
        edge: population allowed at an edge of truncation.
        krylov_size: vectors of the Krylov space of one time step.

    Raises:
        ArgumentError: one is out of range.
    """
    check_real(
        "rtol", rtol, above=0.0, maximum=0.1, remedy="Give a relative accuracy such as 1e-9."
    )
    check_real("edge", edge, above=0.0, maximum=1.0, remedy="Give a population.")
    check_integer("krylov_size", krylov_size, minimum=3, remedy="Give 10 to 60.")
