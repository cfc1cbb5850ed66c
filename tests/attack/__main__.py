"""The attack on everything that reads or writes files or takes arguments: ``make attack``.

    python tests/attack                      all of it (about an hour on one core)
    python tests/attack --share 0.1          a tenth of every kind
    python tests/attack --only scenarios     one kind: scenarios, calls, flips, kills
    python tests/attack --part 1/3           the first third of all cases, for a core of its own
    python tests/attack --sample             a few cases of every kind, for the quick tests

Prints the table tried / clean / faults, and what the faults were. The exit code is 1 if there are
any.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from math import ceil

os.environ.update(
    dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)
os.environ["MPLBACKEND"] = "Agg"

import attack_child
import attack_flips
import attack_kills
import attack_scenarios
import wrong_calls
from attack_child import Table

HEAD = f"{'attack':44s} {'tried':>6s} {'clean':>6s} {'faults':>6s}"
KINDS: dict[str, Callable[[float, int], list[Table]]] = {
    "scenarios": lambda share, seed: attack_scenarios.tables(ceil(3000 * share), seed),
    "calls": lambda share, seed: wrong_calls.tables(ceil(6000 * share), seed),
    "flips": lambda share, seed: attack_flips.tables(ceil(200 * share), seed),
    "kills": lambda share, seed: attack_kills.tables(ceil(40 * share), seed),
}
SAMPLE = 0.005


def _import_everything() -> None:
    """What a case needs, loaded once; nothing here may start a thread, which no fork survives."""
    import matplotlib.figure
    import xarray
    import yaml

    import darkstate
    import darkstate.cli.run_view
    import darkstate.cli.sweep_view
    import darkstate.papers
    import darkstate.plots
    import darkstate.scenarios

    assert all((matplotlib.figure, xarray, yaml, darkstate))


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="attack", description=__doc__.split("\n")[0])
    parser.add_argument("--share", type=float, default=1.0, help="of the full numbers of cases")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--part", default="1/1", help="which part of all cases, such as 2/3")
    parser.add_argument("--sample", action="store_true", help=f"the same as --share {SAMPLE}")
    parser.add_argument("--only", choices=KINDS, action="append")
    asked = parser.parse_args()
    part, parts = (int(number) for number in asked.part.split("/"))
    attack_child.PART[:] = part - 1, parts
    share = SAMPLE if asked.sample else asked.share
    _import_everything()
    print(HEAD, flush=True)
    tables: list[Table] = []
    for kind in asked.only or KINDS:
        for table in KINDS[kind](share, asked.seed):
            print(table.row(), flush=True)
            tables.append(table)
    for table in tables:
        for note in table.notes:
            print(f"- {table.name}: {note}")
    return 1 if any(table.faults for table in tables) else 0


if __name__ == "__main__":
    sys.exit(main())
