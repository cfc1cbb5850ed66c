"""What ``darkstate explain`` shows: what each engine was asked and answered, and the choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from darkstate.engines import Offer
    from darkstate.frontdoor import Explanation
    from darkstate.scenarios import Scenario


def offers_document(found: Explanation) -> dict[str, Any]:
    """Plain values."""
    return {
        "offers": [
            {
                "engine": offer.engine,
                "can": offer.can,
                "method": offer.method,
                "reason": offer.reason,
                "remedy": offer.remedy,
                "steps": list(offer.steps),
                "memory_bytes": offer.cost.memory if offer.cost else None,
                "seconds": offer.cost.here if offer.cost else None,
            }
            for offer in found.offers
        ],
        "chosen": found.chosen.engine if found.chosen else None,
    }


def show_explanation(scenario: Scenario, found: Explanation, console: Console) -> None:
    """Print the offers for a reader."""
    console.print()
    from darkstate.frontdoor import as_system
    from darkstate.systems.chain import MeasuredChain

    measured = isinstance(as_system(scenario.model), MeasuredChain)
    steady = "end nodes" if measured else "steady state"
    what = "evolution" if scenario.solve == "evolve" else steady
    model = type(scenario.model).__name__
    console.print(Text.assemble((scenario.title, "bold cyan"), f"  {what} of {model}"))
    alone = len(found.offers) == 1
    for offer in found.offers:
        console.print()
        word, colour = ("can", "green") if offer.can else ("cannot", "yellow")
        console.print(Text.assemble((offer.engine, "bold"), " ", (word, f"bold {colour}")))
        console.print(_steps(offer, offer.answer if alone else offer.reason))
    console.print()
    chosen = found.chosen
    if chosen is None:
        console.print(Text("No engine can solve this.", style="bold red"))
    else:
        console.print(Text.assemble("chosen: ", (f"{chosen.engine} ({chosen.method})", "bold")))


def _steps(offer: Offer, why: str) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column()
    for step in offer.steps:
        table.add_row(Text("  •", style="dim"), Text(step))
    table.add_row("  →", Text(f"{'method: ' if offer.can else 'why not: '}{why}"))
    if offer.cost is not None:
        table.add_row("  →", Text(f"predicted: {offer.cost}"))
    return table
