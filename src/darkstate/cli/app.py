"""The commands of ``darkstate``: thin, each reads its arguments, calls the library, and shows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from darkstate.cli import experiment, papers, sweep
from darkstate.cli.doctor import doctor
from darkstate.cli.failures import DOUBTFUL, report_errors
from darkstate.cli.json_output import AsJson, print_json
from darkstate.cli.new import new
from darkstate.cli.screen import tell
from darkstate.cli.serve import serve

app = typer.Typer(
    name="darkstate",
    help="Entanglement over networks by engineered dissipation: solved, certified, drawn.",
    epilog="Start with: darkstate new CavityChains",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(epilog="Example: darkstate new CavityChains chains.yaml")(new)
app.command(epilog="Example: darkstate doctor")(doctor)
app.command(epilog="Example: darkstate serve --show")(serve)
app.add_typer(papers.app, name="papers")
app.add_typer(experiment.app, name="experiment")
app.add_typer(sweep.app, name="sweep")

ScenarioFile = Annotated[
    Path, typer.Argument(metavar="SCENARIO", help="A YAML or TOML file; see docs/scenarios.md.")
]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"darkstate {version('darkstate')}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


@app.command(epilog="Example: darkstate run scenarios/lossy_chains.yaml --out results/chains")
def run(
    scenario: ScenarioFile,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder for the files; default: results/<name>, or <name>-2, ..."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier run in the folder.")
    ] = False,
    as_json: AsJson = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only the paths of the files written.")
    ] = False,
    all_rows: Annotated[
        bool, typer.Option("--all-rows", help="Print long tables whole, not their ends only.")
    ] = False,
) -> None:
    """Solve a scenario: print its tables, write results and pictures.

    Of a file with a section `sweep` only the model as written is solved, and a notice says so.

    Exit code: 0 if the result is certified or converged, 1 if it is suspect or there is none,
    2 if the scenario is at fault (the message says where).
    """
    with report_errors(as_json):
        from darkstate.cli.screen import errors, output, tell_notices
        from darkstate.progress import listening
        from darkstate.results import Status
        from darkstate.scenarios import load_scenario, notices_of, run_scenario

        wanted = load_scenario(scenario)
        tell_notices(notices_of(wanted))
        folder = out if out is not None else _own_folder(scenario.stem, overwrite)
        with listening(not (quiet or as_json), errors()) as progress:
            done = run_scenario(wanted, folder, progress, overwrite)
    if as_json:
        print_json(done.document())
    elif quiet:
        tell(*done.files)
    else:
        from darkstate.cli.run_view import show_run

        show_run(done, output(), all_rows)
    if done.result.report.status in (Status.SUSPECT, Status.FAILED):
        raise typer.Exit(DOUBTFUL)


def _own_folder(name: str, overwrite: bool) -> Path:
    """The folder of a run that was given none: with the first number that is free."""
    from itertools import count

    first = Path("results") / name
    numbered = (first.with_name(f"{name}-{k}") for k in count(2))
    return first if overwrite or not first.exists() else next(p for p in numbered if not p.exists())


@app.command(epilog="Example: darkstate certify scenarios/four_partite.yaml")
def certify(
    scenario: ScenarioFile,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder; default: results/<name>-certificate, or ...-2, ..."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier certificate in the folder.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Prove genuine multipartite entanglement of a scenario's steady state, and up to where.

    Exit code: 0 if it is certified or a PPT mixture was found, 1 if it is undecided,
    2 if the scenario is at fault.
    """
    with report_errors(as_json):
        from darkstate.cli.screen import errors, output
        from darkstate.progress import listening
        from darkstate.scenarios import certify_scenario, load_scenario

        wanted = load_scenario(scenario)
        folder = out if out is not None else _own_folder(f"{scenario.stem}-certificate", overwrite)
        with listening(not as_json, errors()) as progress:
            found = certify_scenario(wanted, folder, progress, overwrite)
    if as_json:
        print_json(found.document())
    else:
        from darkstate.cli.certify_view import show_certificate

        show_certificate(found, output())
    if found.certificate.verdict == "undecided":
        raise typer.Exit(DOUBTFUL)


@app.command(epilog="Example: darkstate optimise scenarios/best_squeezing.yaml")
def optimise(
    scenario: ScenarioFile,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder; default: results/<name>-design, or ...-2, ..."),
    ] = None,
    workers: sweep.Workers = None,
    scheduler: sweep.Scheduler = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier design in the folder.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find the knobs that the section `optimise` of a scenario asks for, and how tight they are.

    Searches are stored as they end; the same command goes on where it was stopped.

    Exit code: 0 if the optimum (all compromises) is confirmed, 1 if it is suspect or nothing was
    found, 2 if the scenario is at fault.
    """
    with report_errors(as_json):
        from darkstate.cli.screen import errors, output
        from darkstate.progress import listening
        from darkstate.scenarios import load_scenario, optimise_scenario

        wanted = load_scenario(scenario)
        folder = out if out is not None else _own_folder(f"{scenario.stem}-design", overwrite)
        with listening(not as_json, errors()) as progress:
            found = optimise_scenario(wanted, folder, progress, overwrite, workers, scheduler)
    if as_json:
        print_json(found.document())
    else:
        from darkstate.cli.optimise_view import show_design

        show_design(found, output())
    if not found.confirmed:
        raise typer.Exit(DOUBTFUL)


@app.command(epilog="Example: darkstate explain scenarios/lossy_chains.yaml")
def explain(scenario: ScenarioFile, as_json: AsJson = False) -> None:
    """Say which engine would solve a scenario, why, and at what cost; solve nothing."""
    with report_errors(as_json):
        from darkstate.cli.explain_view import offers_document, show_explanation
        from darkstate.cli.screen import output, tell_notices
        from darkstate.frontdoor import explain as find_offers
        from darkstate.scenarios import load_scenario, notices_of

        wanted = load_scenario(scenario)
        tell_notices(notices_of(wanted))
        offers = find_offers(wanted.model, wanted.engine, wanted.sought_times())
    if as_json:
        print_json(offers_document(offers))
    else:
        show_explanation(wanted, offers, output())
    if offers.chosen is None:
        raise typer.Exit(DOUBTFUL)


@app.command(epilog="Example: darkstate cite scenarios/lossy_chains.yaml > used.bib")
def cite(scenario: ScenarioFile, as_json: AsJson = False) -> None:
    """Print BibTeX entries of what a scenario uses: darkstate, model, methods, measures."""
    with report_errors(as_json):
        from darkstate.scenarios import load_scenario
        from darkstate.scenarios.references import references

        found = references(load_scenario(scenario))
    if as_json:
        print_json({"entries": [{"why": one.why, "bibtex": one.bibtex} for one in found]})
    else:
        tell("\n\n".join(f"% {entry.why}\n{entry.bibtex}" for entry in found))


@app.command(epilog="Example: darkstate schema > scenario.schema.json")
def schema() -> None:
    """Print the JSON schema of scenario files, for editors that complete and check them."""
    import json

    from darkstate.scenarios import json_schema

    tell(json.dumps(json_schema(), indent=1, ensure_ascii=False, allow_nan=False))


@app.command(epilog="Example: darkstate calibrate")
def calibrate(as_json: AsJson = False) -> None:
    """Measure how fast this machine is (a second), so that predicted times hold here.

    The factor is kept in the cache folder of the user, for this machine. Results do not depend on
    it.
    """
    from darkstate.engines import slowness

    with report_errors(as_json):
        found = slowness.calibrate()
    if as_json:
        print_json({"slowness": found, "file": str(slowness.cache_file())})
        return
    for name, factor in found.items():
        print(f"{name:16} {factor:6.2f} times the seconds of the reference")
    tell(slowness.cache_file())
