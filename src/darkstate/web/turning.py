"""The widgets of the parameters: a text for each, and a slider over its usual range.

The text is what counts: it may be a number outside of the slider's range, a list with one number a
site, or empty where a default is meant. The slider writes into it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import panel as pn

from darkstate.web.knobs import Control, Plain
from darkstate.web.resources import resource
from darkstate.web.view import View

STEPS = 200
"""Of a slider, at least."""


class Controls:
    """A column of widgets.

    Args:
        turned: is told the name and the text of what was changed.
    """

    def __init__(self, turned: Callable[[str, str], None]):
        self._turned = turned
        self._quiet = False
        sheets = [resource("widgets.css")]
        self._style: dict[str, Any] = {"stylesheets": sheets, "sizing_mode": "stretch_width"}
        self.column = pn.Column(sizing_mode="stretch_width", margin=0)
        self.texts: dict[str, Any] = {}
        self.sliders: dict[str, Any] = {}

    def show(self, view: View) -> None:
        """Widgets for the knobs of a view."""
        self.texts, self.sliders = {}, {}
        rows: list[Any] = []
        for knob in view.knobs.values():
            value = view.value(knob)
            rows.append(self._text(knob, value))
            if knob.turns:
                rows.append(self._slider(knob, value))
        self.column.objects = rows

    def _text(self, knob: Control, value: Plain) -> Any:
        """The widget that holds the value as a text."""
        text, label = knob.write(value), label_of(knob)
        if knob.form in ("choice", "flag"):
            words = list(knob.words) or ["true", "false"]
            made = pn.widgets.Select(label=label, options=words, value=text, **self._style)
        else:
            empty = "default" if knob.optional else ""
            made = pn.widgets.TextInput(label=label, value=text, placeholder=empty, **self._style)
        made.description = knob.text or None
        made.param.watch(lambda event: self._written(knob, event.new), "value")
        self.texts[knob.name] = made
        return made

    def _slider(self, knob: Control, value: Plain) -> Any:
        assert knob.usual is not None
        low, high = knob.usual
        kind = pn.widgets.IntSlider if knob.form == "whole" else pn.widgets.FloatSlider
        step: Any = 1 if knob.form == "whole" else step_of(low, high)
        if knob.form == "whole":
            step = max(1, int(step_of(low, high)))
        made = kind(
            label="", start=low, end=high, step=step, value=_within(knob, value),
            show_value=False, bar_color="#005a9c", margin=(0, 14, 6, 14), **self._style,
        )  # fmt: skip
        made.visible = _slides(value)
        made.param.watch(lambda event: self._slid(knob, event.new), "value")
        self.sliders[knob.name] = made
        return made

    def _written(self, knob: Control, text: str) -> None:
        if self._quiet:
            return
        self._follow(knob, text)
        self._turned(knob.name, text)

    def _slid(self, knob: Control, value: float) -> None:
        if self._quiet:
            return
        text = f"{value:.6g}" if knob.form == "number" else str(value)
        self._quiet = True
        self.texts[knob.name].value = text
        self._quiet = False
        self._turned(knob.name, text)

    def _follow(self, knob: Control, text: str) -> None:
        """Move the slider to what was written."""
        if knob.name not in self.sliders:
            return
        try:
            value = knob.read(text)
        except ValueError:  # it is told by who is told of the turn
            return
        self._quiet = True
        slider = self.sliders[knob.name]
        slider.visible, slider.value = _slides(value), _within(knob, value)
        self._quiet = False


def label_of(knob: Control) -> str:
    """``drive rate (rate)``: name and unit."""
    name = knob.name.removesuffix(".kind").replace("_", " ").replace(".", " ")
    return f"{name} ({knob.unit})" if knob.unit else name


def step_of(low: float, high: float) -> float:
    """A step of 1, 2 or 5 times a power of ten, so that there are `STEPS` or a few more."""
    least = (high - low) / STEPS
    power = 10.0 ** math.floor(math.log10(least))
    return next(k * power for k in (5, 2, 1) if k * power <= least * (1 + 1e-9))


def _slides(value: Plain) -> bool:
    """Whether a slider can show it: a finite number."""
    return isinstance(value, int | float) and math.isfinite(value)


def _within(knob: Control, value: Plain) -> Any:
    """The nearest place of the slider."""
    assert knob.usual is not None
    low, high = knob.usual
    return min(high, max(low, value)) if _slides(value) else low  # type: ignore[type-var]
