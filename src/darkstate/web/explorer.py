"""The page of one session: widgets on the left, the answer on the right.

Every change makes a new `View` from texts; what the model does not take is told at once, all else
is asked of the process that computes. What comes back is shown part by part. A number is shown
beside the view it belongs to: while a newer one is computed it is dimmed, and gone when there is
none.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn

from darkstate.errors import DarkstateError
from darkstate.measures import MEASURES
from darkstate.web import markup
from darkstate.web.parts import Advance, Answer, Data, Done, Drawn, Explained, Lines, Part, Refused
from darkstate.web.resources import resource
from darkstate.web.session import Computation
from darkstate.web.turning import Controls
from darkstate.web.view import KINDS, PAGES, UNTIL, View, words

_SHOW_ADDRESS = "window.history.replaceState(null, '', '?' + cb_obj.value)"
_STRETCH = "stretch_width"


class Explorer:
    """What one browser shows.

    Args:
        view: what is shown first.
        told: why an address was refused; empty if it was not.
        memory: bytes that a computation may take.
        later: calls a function in the thread that may change the page.
    """

    def __init__(
        self,
        view: View,
        told: str,
        memory: float,
        later: Callable[[Callable[[], None]], Any],
    ):
        self.view, self._told = view, told
        self.task = Computation(memory, lambda part: later(partial(self.hear, part)))
        self._make_choices()
        self.knobs = Controls(self._turn)
        self._make_panes()
        self._start_anew()
        self.knobs.show(view)

    def begin(self) -> None:
        """Compute the first view; called when the browser has loaded the page."""
        self._ask()

    def _make_choices(self) -> None:
        """Widgets for all that is not a parameter of the model."""
        sheets, view = [resource("widgets.css")], self.view
        names = {words(measure): measure.name for measure in MEASURES}
        pages = {title: key for key, title in PAGES.items()}
        between = "" if view.between is None else ":".join(view.between)
        self.model = pn.widgets.Select(
            label="model", options=list(KINDS), value=view.model, stylesheets=sheets,
            sizing_mode=_STRETCH,
        )  # fmt: skip
        self.page = pn.widgets.RadioButtonGroup(
            label="page", options=pages, value=view.page, stylesheets=sheets, sizing_mode=_STRETCH
        )
        self.measure = pn.widgets.Select(
            label="measure", options=names, value=view.measure, stylesheets=sheets, width=230
        )
        self.between = pn.widgets.TextInput(
            label="of the pair",
            value=between,
            placeholder="the last",
            stylesheets=sheets,
            width=110,
        )
        self.until = pn.widgets.TextInput(
            label="until (time)", value=UNTIL.write(view.until), stylesheets=sheets, width=110
        )
        self.knob = pn.widgets.Select(label="over", options=[], stylesheets=sheets, width=180)
        self.cancel = pn.widgets.Button(
            label="cancel", disabled=True, align="end", stylesheets=sheets, width=90
        )
        self.address = pn.widgets.TextInput(visible=False)
        self.address.jscallback(value=_SHOW_ADDRESS)
        self._quiet = False
        self.model.param.watch(self._other_model, "value")
        for name in ("page", "measure", "between", "until", "knob"):
            getattr(self, name).param.watch(partial(self._other, name), "value")
        self.cancel.on_click(self._cancel)

    def _make_panes(self) -> None:
        sheet = resource("parts.css")
        names = ("number", "notice", "step", "pictures", "report", "plan", "files")
        self.panes = {
            name: pn.pane.HTML("", stylesheets=[sheet], sizing_mode=_STRETCH, margin=0)
            for name in names
        }

    def roots(self) -> dict[str, Any]:
        """The parts of the page, by their names in the template."""
        panes, stretch = self.panes, {"sizing_mode": _STRETCH, "margin": 0}
        asked = (self.measure, self.between, self.until, self.knob, self.cancel)
        own = pn.FlexBox(*asked, align_items="end", margin=0)
        heads = ("number", "notice", "step")
        return {
            "asked": pn.Column(self.page, own, self.address, **stretch),
            "number": pn.Column(*(panes[name] for name in heads), **stretch),
            "knobs": pn.Column(self.model, self.knobs.column, **stretch),
            "told": pn.Column(*(panes[name] for name in panes if name not in heads), **stretch),
        }

    # What is changed ------------------------------------------------------------------------------

    def _other_model(self, event: Any) -> None:
        """Begin with the example of another model."""
        if self._quiet:
            return
        page = self.view.page
        self._change(lambda: View.of_model(event.new).with_texts({"page": page}))
        self.knobs.show(self.view)
        self._quiet = True
        self.measure.value, self.between.value = self.view.measure, ""
        self._quiet = False

    def _other(self, name: str, event: Any) -> None:
        if not self._quiet:
            self._change(lambda: self.view.with_texts({name: event.new}))

    def _turn(self, name: str, text: str) -> None:
        """A knob has another value."""
        if self._change(lambda: self.view.with_value(name, text)) and name.endswith(".kind"):
            self.knobs.show(self.view)

    def _change(self, make: Callable[[], View]) -> bool:
        """Show another view, or tell why there is none; returns whether there is one."""
        try:
            self.view, self._told = make(), ""
        except DarkstateError as error:
            self.task.cancel()
            self._refuse(str(error))
            return False
        self._ask()
        return True

    def _ask(self) -> None:
        """Have the view computed, if the model takes its parameters."""
        try:
            self.view.scenario()
        except DarkstateError as error:
            self.task.cancel()
            self._refuse(str(error))
            return
        self.cancel.disabled = False
        self._suit()
        self.panes["notice"].object = markup.refusal(self._told)
        self.panes["number"].object = markup.number(self._answer, busy=True)
        self.task.ask(self.view)

    def _suit(self) -> None:
        """Show what the page asks for, with the knobs of the model."""
        view = self.view
        self._quiet = True
        self.until.visible, self.knob.visible = view.page == "evolution", view.page == "sweep"
        self.knob.options = [name for name, knob in view.knobs.items() if knob.turns]
        self.knob.value = view.knob
        self._quiet = False

    def _cancel(self, _event: Any = None) -> None:
        self.task.cancel()
        self._refuse("Cancelled. Change a parameter to compute again.")

    def _refuse(self, why: str) -> None:
        """Tell why there is no answer, and take away the old one."""
        self._start_anew()
        self.cancel.disabled = True
        for name in ("pictures", "report", "plan", "files", "step"):
            self.panes[name].object = ""
        self.panes["number"].object = markup.number(None, busy=False)
        self.panes["notice"].object = markup.refusal(why)

    # What is heard --------------------------------------------------------------------------------

    def _start_anew(self) -> None:
        self._answer: Answer | None = None
        self._pictures: dict[str, str] = {}
        self._fresh: list[str] = []
        self._tables: list[Data] = []

    def hear(self, part: Part) -> None:
        """Show a part of the answer."""
        panes = self.panes
        match part:
            case Explained():
                self._fresh, self._tables = [], []
                self.address.value = self.view.address()
                panes["plan"].object = markup.plan(part)
            case Advance():
                panes["step"].object = markup.step(part.what, part.fraction)
            case Answer():
                self._answer = part
                panes["number"].object = markup.number(part, busy=False)
                panes["report"].object = markup.report(part)
            case Drawn() | Lines():
                self._show(part)
            case Data():
                self._tables.append(part)
            case Refused():
                self._refuse(part.why)
            case Done():
                self._finish()

    def _show(self, part: Drawn | Lines) -> None:
        """Put a picture in the place of the older one of its name."""
        if isinstance(part, Drawn):
            name, shown = part.name, markup.picture(part)
        else:
            name, shown = part.title, markup.lines(part)
        self._fresh.append(name)
        self._pictures[name] = shown
        self._draw()

    def _draw(self) -> None:
        inner = "".join(self._pictures.values())
        self.panes["pictures"].object = f'<div class="pictures">{inner}</div>'

    def _finish(self) -> None:
        """The answer is complete: older pictures that it does not have go."""
        self.cancel.disabled = True
        self.panes["step"].object = ""
        if set(self._pictures) != set(self._fresh):
            self._pictures = {name: self._pictures[name] for name in self._fresh}
            self._draw()
        if self._answer is not None:
            self.panes["files"].object = markup.files(self._answer.view, self._tables)
