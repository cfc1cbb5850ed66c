"""The audit in a table and a figure."""

from __future__ import annotations

from collections import Counter

STATUSES = ("certified", "converged", "suspect", "refused")
BEGIN, END = "<!-- audit -->", "<!-- end of audit -->"


def status_of(verdict):
    """The column of a verdict."""
    return verdict["status"] or verdict["outcome"]


def worst(verdicts, status):
    """Largest deviation in units of its estimate, of states with this status and a reference."""
    known = [
        v["ratio"] for v in verdicts if v["status"] == status and v["outcome"] != "no reference"
    ]
    return f"{max(known):.2g}" if known else ""


def worst_gap(verdicts):
    """The same of the gaps that are reported."""
    known = [v["extra"]["gap ratio"] for v in verdicts if "gap ratio" in v["extra"]]
    return f"{max(known):.2g}" if known else ""


def table(verdicts):
    """One row a family, as Markdown."""
    head = ("Family", "Systems", *(s.capitalize() for s in STATUSES), "Other", "No reference",
            "Worst ratio, certified", "Worst ratio, converged", "Worst ratio, gap")  # fmt: skip
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    steady = [v for v in verdicts if v["task"] == "steady state"]
    groups = [(name, [v for v in steady if v["family"] == name])
              for name in dict.fromkeys(v["family"] for v in steady)]  # fmt: skip
    groups.append(("**All steady states**", steady))
    groups.append(("**Evolutions**", [v for v in verdicts if v["task"] == "evolution"]))
    for name, group in groups:
        if group:
            lines.append("| " + " | ".join(row_of(name, group)) + " |")
    return "\n".join(lines)


def row_of(name, group):
    """Cells of one row."""
    counts = Counter(status_of(v) for v in group)
    rightly = sum(v["outcome"] == "honest refusal" for v in group)
    refused = f"{counts['refused']}" + (f" ({rightly} rightly)" if rightly else "")
    other = len(group) - sum(counts[s] for s in STATUSES)
    unknown = sum(v["outcome"] == "no reference" for v in group)
    return (name, str(len(group)), *(str(counts[s]) for s in STATUSES[:3]), refused, str(other),
            str(unknown), worst(group, "certified"), worst(group, "converged"),
            worst_gap(group))  # fmt: skip


def write_page(page, verdicts):
    """Enter the table between the marks of a page.

    Raises:
        SystemExit: the page has not exactly one such place.
    """
    text = page.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise SystemExit(f"{page.name} needs the lines {BEGIN} and {END}, once each.")
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    page.write_text(f"{head}{BEGIN}\n\n{table(verdicts)}\n\n{END}{tail}", encoding="utf-8")


def draw_figure(path, verdicts):
    """Deviation over estimate of every state, in the house style."""
    from matplotlib.figure import Figure

    from darkstate.plots.style import COLOURS, DOUBLE, MARKERS, house_style

    with house_style():
        figure = Figure(figsize=(DOUBLE / 25.4, 3.1))
        bars, cloud = figure.subplots(1, 2, width_ratios=(1.0, 1.25))
        fill_bars(bars, [v for v in verdicts if v["task"] == "steady state"], COLOURS)
        fill_cloud(cloud, verdicts, COLOURS, MARKERS)
        figure.savefig(path, dpi=200)


def fill_bars(axes, verdicts, colours):
    """How many of each family have which status."""
    names = list(dict.fromkeys(v["family"] for v in verdicts))[::-1]
    left = [0] * len(names)
    for status, colour in zip(STATUSES, (colours[2], colours[0], colours[4], "0.6"), strict=True):
        count = [sum(status_of(v) == status and v["family"] == n for v in verdicts) for n in names]
        axes.barh(names, count, left=left, color=colour, label=status, height=0.75)
        left = [a + b for a, b in zip(left, count, strict=True)]
    axes.set_xlabel("systems")
    axes.tick_params(axis="y", length=0, labelsize=6.5)
    axes.legend(loc="lower right", fontsize=6.5, frameon=False)


def fill_cloud(axes, verdicts, colours, markers):
    """Deviation over estimate; on the line a number is off by ten times its estimate."""
    floor = 1e-16
    shades = (colours[2], colours[0], colours[4])
    for status, colour, marker in zip(STATUSES[:3], shades, markers, strict=False):
        known = [v for v in verdicts if v["outcome"] != "no reference" and v["what"] != "gap"]
        shown = [v for v in known if v["status"] == status and v["estimate"] is not None]
        x = [max(v["estimate"], floor) for v in shown]
        y = [max(v["deviation"], floor) for v in shown]
        axes.plot(x, y, marker, color=colour, ms=3, mew=0, alpha=0.7, label=status)
    ends = (floor, 1.0)
    axes.plot(ends, [10 * x for x in ends], color="0.4", lw=0.8)
    axes.plot(ends, ends, color="0.7", lw=0.8)
    axes.set(xscale="log", yscale="log", xlabel="error estimate", ylabel="deviation",
             xlim=(floor, 3), ylim=(floor, 3))  # fmt: skip
    axes.legend(loc="upper left", fontsize=6.5, frameon=False)
