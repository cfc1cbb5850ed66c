"""Twenty questions of newcomers: each is answered within two clicks, or by one search.

A question names the page, a text on it that answers, and the words that one would search for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from built_pages import Manual

CLICKS, FIRST = 2, 5


class Question(NamedTuple):
    """What is asked, where the answer is, and how it is looked for."""

    asked: str
    page: str
    answer: str
    search: str


QUESTIONS = (
    Question("How is it installed?", "install.html", "pip install .", "install clone"),
    Question(
        "Who checks a certificate?", "certify.html", "without darkstate", "checking certificate"
    ),
    Question(
        "Does the shell complete?", "install.html", "--install-completion", "completion shell"
    ),
    Question("What is the first thing to try?", "quickstart.html", "log_negativity", "quickstart"),
    Question("Where is mesolve?", "qutip.html", "mesolve", "mesolve"),
    Question("How do I get a scenario file?", "scenarios.html", "darkstate new", "scenario first"),
    Question("Can I write MHz?", "scenarios.html", "rate_unit", "quantities units"),
    Question("How do I solve my own H?", "systems.html", "OpenSystem(", "language models jump"),
    Question(
        "Amplitude or energy rates?", "models.html", "amplitude rates", "amplitude rate models"
    ),
    Question("What is hbar, what is a vacuum?", "conventions.html", "vacuum", "conventions"),
    Question("How do I drive with a pulse?", "dynamics.html", "gaussian(center", "pulse"),
    Question("What does the light look like?", "dynamics.html", "emission_spectrum", "spectra"),
    Question("How do I scan overnight?", "sweeps.html", "--workers", "sweep workers"),
    Question("Is it genuinely entangled?", "certify.html", "multipartite", "certificate witness"),
    Question("Which network makes my state?", "design.html", "synthesise", "wanted state network"),
    Question("Which knob matters most?", "design.html", "gradient", "knobs tight"),
    Question(
        "What does certified mean?", "trust.html", "positivity and truncation", "status worth"
    ),
    Question("How large may it be?", "limits.html", "basis states", "limits large"),
    Question("When do delays matter?", "delays.html", "kilometre of fibre", "delays"),
    Question("What may change?", "stability.html", "DeprecationWarning", "stability"),
)


def unanswered(manual: Manual, question: Question) -> Iterator[str]:
    """Why a question has no answer."""
    page = manual.pages.get(question.page)
    if page is None or question.answer not in page.text:
        yield f"{question.asked} '{question.answer}' is not on {question.page}"
    if manual.clicks.get(question.page, CLICKS + 1) > CLICKS:
        yield f"{question.asked} {question.page} is more than {CLICKS} clicks away"
    offered = manual.search(question.search)[:FIRST]
    if question.page not in offered:
        yield f"{question.asked} A search for '{question.search}' offers {offered}"
