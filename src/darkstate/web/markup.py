"""Parts of an answer as HTML: everything is escaped, nothing is loaded from elsewhere.

Pictures and files are in the page itself (``data:`` addresses), so that they can be saved without a
further question to the server.
"""

from __future__ import annotations

from base64 import b64encode
from html import escape

import yaml

from darkstate.web.code import python_code
from darkstate.web.parts import Answer, Data, Drawn, Explained, Lines, Rows
from darkstate.web.view import View

_TYPES = {
    "svg": "image/svg+xml",
    "csv": "text/csv;charset=utf-8",
    "py": "text/x-python;charset=utf-8",
    "yaml": "application/yaml;charset=utf-8",
}


def table(rows: Rows) -> str:
    """Rows of two columns; a name that is that of the row before is not repeated."""
    cells, before = [], ""
    for name, value in rows:
        head = escape(name) if name != before else ""
        mark = ' class="warning"' if name == "warning" else ""
        cells.append(f'<tr{mark}><th scope="row">{head}</th><td>{escape(value)}</td></tr>')
        before = name
    return f"<table>{''.join(cells)}</table>"


def number(answer: Answer | None, busy: bool) -> str:
    """The number with its verdict; a line in its place where there is none."""
    if answer is None:
        return f'<p class="none">{"computing ..." if busy else "no number"}</p>'
    state = ' class="old" aria-busy="true"' if busy else ""
    value = f'<output id="number">{escape(answer.number)}</output> {escape(answer.unit)}'
    status = escape(answer.status)
    verdict = f'<strong id="verdict" class="{status}">{status}</strong>'
    name = f'<p class="name">{escape(answer.name)}</p>'
    return f'<div{state}>{name}<p class="value">{value}{verdict}</p></div>'


def refusal(why: str) -> str:
    """Why there is no answer."""
    lines = "<br>".join(escape(line) for line in why.splitlines())
    return f'<p role="alert" class="refused">{lines}</p>' if why else ""


def step(what: str, fraction: float) -> str:
    """How far a computation is."""
    bar = f'<progress max="1" value="{fraction:.3f}" aria-label="progress"></progress>'
    return f"<p>{bar} {escape(what)}</p>"


def picture(one: Drawn) -> str:
    """A picture with its title, and a link that saves it."""
    source = _address("svg", one.svg)
    image = f'<img src="{source}" alt="{escape(one.text)}">'
    link = _link(f"{one.name}.svg", one.svg, "save")
    return f"<figure><figcaption>{escape(one.title)} {link}</figcaption>{image}</figure>"


def plan(one: Explained) -> str:
    """What `explain` says, folded."""
    chosen = escape(one.chosen or "no engine can")
    return _folded(f"how it is computed: {chosen}", table(one.rows))


def report(answer: Answer) -> str:
    """The report of the result."""
    return _folded("report: what was checked", table(answer.report), opened=True)


def lines(one: Lines) -> str:
    """Rows below a title."""
    return f"<div><h2>{escape(one.title)}</h2>{table(one.rows)}</div>"


def files(view: View, tables: list[Data]) -> str:
    """Links that save the scenario, the code and the tables, and the code to read."""
    name, code = view.model, python_code(view)
    scenario = yaml.safe_dump(view.document(), sort_keys=False, allow_unicode=True).encode()
    links = [
        _link(f"{name}.yaml", scenario, "scenario"),
        _link(f"{name}.py", code.encode(), "Python code"),
        *(_link(f"{name}-{data.name}.csv", data.csv, f"data: {data.name}") for data in tables),
    ]
    shown = _folded("Python code of this view", f'<pre tabindex="0">{escape(code)}</pre>')
    return f'<p class="files">save: {" ".join(links)}</p>{shown}'


def _folded(title: str, inner: str, opened: bool = False) -> str:
    return f"<details{' open' if opened else ''}><summary>{title}</summary>{inner}</details>"


def _link(name: str, content: bytes, text: str) -> str:
    kind = name.rpartition(".")[2]
    return f'<a download="{escape(name)}" href="{_address(kind, content)}">{escape(text)}</a>'


def _address(kind: str, content: bytes) -> str:
    return f"data:{_TYPES[kind]};base64,{b64encode(content).decode('ascii')}"
