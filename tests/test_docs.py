"""Every example of the manual and the README runs.

The fenced ``python`` blocks of a page run in order in one namespace, in an empty folder that has a
copy of ``scenarios/``; none is exempt. Lines ``$ darkstate ...`` of ``console`` blocks run in the
same folder, between them, and must succeed; shown output is not compared. Line numbers in a
traceback are those of the page.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from darkstate.cli import app

REPOSITORY = Path(__file__).parents[1]
PAGES = [
    REPOSITORY / "README.md",
    *(
        path
        for path in sorted((REPOSITORY / "docs").rglob("*.md"))
        if not any(part.startswith("_") for part in path.relative_to(REPOSITORY).parts)
    ),
]
SHELL_SIGNS = {"|", "||", "&", "&&", ";", ">", ">>", "<", "2>", "2>&1"}


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    line: int  # of the first line of text, counted from 1


def blocks(text: str, first: int = 1) -> Iterator[Block]:
    """The python and console blocks of a page, also inside MyST directives."""
    for token in MarkdownIt().parse(text):
        if token.type != "fence":
            continue
        line = first + token.map[0] + 1
        name, _, rest = token.info.strip().partition(" ")
        if name in {"{code-block}", "{code}", "{sourcecode}"}:
            name, rest = rest.strip(), ""
        if name in {"python", "console"}:
            if rest:
                raise ValueError(f"line {line - 1}: '{rest}' after '{name}': no block is exempt")
            yield Block(name, token.content, line)
        elif name.lower() in {"py", "python3", "pycon", "python-repl", "ipython", "doctest"}:
            raise ValueError(f"line {line - 1}: mark code as 'python', not '{name}'")
        elif name.startswith("{"):
            yield from blocks(token.content, line)


def commands(block: Block) -> Iterator[tuple[int, list[str]]]:
    """Line and words of every ``$ darkstate ...`` in a console block; a backslash continues it."""
    lines = block.text.splitlines()
    for number, shown in enumerate(lines):
        if not shown.startswith("$ darkstate"):
            continue
        command, following = shown.removeprefix("$ "), number + 1
        while command.endswith("\\") and following < len(lines):
            command = command[:-1] + lines[following].removeprefix("> ")
            following += 1
        yield block.line + number, shlex.split(command, comments=True)


def run_command(page: Path, line: int, words: list[str]) -> None:
    """Run a command in this process: the imports of forty programs would cost a minute."""
    where = f"{page}:{line}: $ {shlex.join(words)}"
    if SHELL_SIGNS.intersection(words):
        pytest.fail(f"{where}\nuses the shell: show a plain command", pytrace=False)
    done = CliRunner(env={"COLUMNS": "100", "NO_COLOR": "1"}).invoke(app, words[1:])
    plt.close("all")
    if done.exit_code:
        said = f"exit code {done.exit_code}\n{done.output}"
        pytest.fail(f"{where}\n{said}", pytrace=False)


def run_page(page: Path) -> int:
    """Run all blocks of a page in the current folder; how many there were."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    count = 0
    for block in blocks(page.read_text(encoding="utf-8")):
        count += 1
        if block.language == "python":
            source = "\n" * (block.line - 1) + block.text
            exec(compile(source, str(page), "exec", dont_inherit=True), namespace)
        else:
            for line, words in commands(block):
                run_command(page, line, words)
    return count


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """An empty folder with the scenarios in it, as the current one."""
    shutil.copytree(REPOSITORY / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    plt.close("all")


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive:UserWarning")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_examples_run(page, workplace):
    run_page(page)


# The runner itself ------------------------------------------------------------------------------


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Writes a page and returns its path."""
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> Path:
        path = tmp_path / "page.md"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_blocks_share_a_namespace_in_order(page):
    path = page(
        "```python\nx = [1]\n```\ntext\n\n- item\n\n  ```python\n  x.append(2)\n  ```\n\n"
        "````{tip}\n```python\nx.append(3)\n```\n````\n"
        "```text\nnot python\n```\n```{code-block} python\nassert x == [1, 2, 3]\n```\n"
    )
    assert run_page(path) == 4


def test_a_failure_points_at_the_line_of_the_page(page):
    path = page("# Title\n\ntext\n\n```python\nx = 1\nraise KeyError(x)\n```\n")
    with pytest.raises(KeyError) as caught:
        run_page(path)
    last = caught.traceback[-1]
    assert (Path(last.path), last.lineno + 1) == (path, 7)


def test_a_syntax_error_points_at_the_line_of_the_page(page):
    path = page("text\n\n````{note}\n```python\nx = = 1\n```\n````\n")
    with pytest.raises(SyntaxError) as caught:
        run_page(path)
    assert (caught.value.filename, caught.value.lineno) == (str(path), 5)


@pytest.mark.parametrize("mark", ["python no-run", "python {skip}", "py", "pycon", "python3"])
def test_no_block_is_exempt(page, mark):
    with pytest.raises(ValueError, match="line 1"):
        run_page(page(f"```{mark}\n1 / 0\n```\n"))


def test_commands_of_console_blocks():
    (block,) = blocks(
        "```console\n$ darkstate run a.yaml \\\n>   --out 'my dir'  # writes\nstatus: certified\n"
        "$ make demo\n$ darkstate papers list\n```\n"
    )
    assert list(commands(block)) == [
        (2, ["darkstate", "run", "a.yaml", "--out", "my dir"]),
        (6, ["darkstate", "papers", "list"]),
    ]


def test_a_failing_command_is_reported_with_its_line_and_output(page):
    words = ["darkstate", "run", "nowhere.yaml"]
    with pytest.raises(
        pytest.fail.Exception, match=r"page\.md:7: [\s\S]*exit code 2\n[\s\S]*nowhere"
    ):
        run_command(page(""), 7, words)


def test_a_command_that_succeeds_passes(page):
    run_command(page(""), 1, ["darkstate", "--help"])


def test_commands_do_not_lean_on_a_shell(page):
    with pytest.raises(pytest.fail.Exception, match="uses the shell"):
        run_command(page(""), 1, ["darkstate", "--help", ">", "file"])
