"""What the tests of all papers do alike: compute a figure once, read its verdicts, draw it."""

import matplotlib.pyplot as plt

from darkstate.papers import Verdict


def quiet(what, fraction):
    """A progress callback that only checks what it is told."""
    assert 0 <= fraction <= 1


def computing(figures):
    """``of(id)``: the fast data of a figure, computed once; a copy each time."""
    computed = {}

    def of(figure):
        if figure not in computed:
            computed[figure] = figures[figure].compute(True, quiet)
        return computed[figure].copy(deep=True)

    return of


def verdicts_of(figure, data):
    """The verdict of each claim by its id."""
    return {claim.id: claim.verdict for claim in figure.claims(data)}


def check_picture(figure, data):
    """The figure can be drawn, and its axes say what they show."""
    picture, axes = plt.subplots()
    figure.draw(axes, data)
    picture.canvas.draw()
    assert axes.get_xlabel() and axes.get_ylabel()
    plt.close(picture)


def check_claims(figure, data):
    """Claims have ids of their own that begin with the figure's, and a number or a reason."""
    claims = figure.claims(data)
    assert len({claim.id for claim in claims}) == len(claims)
    for claim in claims:
        said = claim.note if claim.verdict is Verdict.NOT_COMPUTED else claim.computed
        assert claim.id.startswith(figure.id) and said
