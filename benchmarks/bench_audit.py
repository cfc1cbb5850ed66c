"""Audit: 200 random small systems through the front door, against dense linear algebra.

Run it as ``python benchmarks/bench_audit.py`` (some ten minutes); ``--systems 40`` takes the first
so many, ``--only 17`` one, and shows it. A certified number may be off by ten times its error
estimate at most. The folder ``audit`` beside this script says how systems and reference are made.

``--write`` enters the table in ``docs/trust.md`` and draws ``docs/figures/audit.png``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
sys.path.insert(0, str(HERE))

from audit.compare import audit_evolution, audit_steady  # noqa: E402
from audit.families import TOTAL, draw  # noqa: E402
from audit.sketch import script_of  # noqa: E402
from audit.summary import draw_figure, table, write_page  # noqa: E402


def audited(numbers, seed, limit, out, show=False):
    """The verdicts, one line each as they come."""
    verdicts = []
    with open(out, "w", encoding="utf-8") as file:
        for number in numbers:
            sketch = draw(number, seed)
            start = time.perf_counter()
            found = [audit_steady(sketch, limit)]
            if sketch.times:
                found.append(audit_evolution(sketch, limit))
            if show:
                print(script_of(sketch))
            spent = time.perf_counter() - start
            for verdict in found:
                verdicts.append(verdict.plain())
                file.write(json.dumps(verdict.plain(), default=float) + "\n")
                file.flush()
                print(row(verdict, spent), flush=True)
    return verdicts


def row(v, spent=0.0):
    """One line a system."""
    number = "" if v.estimate is None else f"est {v.estimate:.1e}"
    off = "" if v.deviation is None else f"off {v.deviation:.1e}"
    return (
        f"{v.number:4} {v.family:22} {v.task[:9]:9} {v.outcome:14} {v.status:10} {number:11} "
        f"{off:11} x{v.ratio:<8.2g} {v.what[:18]:18} {v.seconds:6.2f} s "
        f"({spent:5.1f}) {v.method[:24]:24} {v.note}" + (f" | {v.text[:150]}" if v.text else "")
    )


def main():
    """The audit, its table, and on request its page and figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--systems", type=int, default=TOTAL)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, nargs="*")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for one system")
    parser.add_argument("--write", action="store_true", help="enter the result in the manual")
    parser.add_argument("--read", type=Path, help="take stored verdicts instead of computing them")
    parser.add_argument("--out", default="/dev/null", help="verdicts as JSON, one a line")
    args = parser.parse_args()
    if args.read:
        verdicts = [json.loads(line) for line in args.read.read_text().splitlines()]
    else:
        numbers = args.only or range(args.systems)
        verdicts = audited(numbers, args.seed, args.limit, args.out, bool(args.only))
    print(table(verdicts))
    wrong = [v for v in verdicts if v["status"] == "certified" and v["outcome"] == "wrong"]
    print(f"{len(wrong)} certified numbers are off by more than ten times their estimate")
    if args.write:
        write_page(DOCS / "trust.md", verdicts)
        draw_figure(DOCS / "figures" / "audit.png", verdicts)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
