"""The explorer: ready models in a browser, their parameters turned by hand (`darkstate serve`).

    view.py      what is shown: made from an address or from texts, and turned into a scenario
    knobs.py     the parameters of a model, and how texts become their values
    answers.py   what is computed for a view, part by part (parts.py)
    worker.py    the process that computes, with a limit of memory; session.py asks and cancels it
    explorer.py  the page of one session; turning.py its knobs, markup.py its HTML
    server.py    the server

Nothing that comes from a browser is evaluated. This folder is the only one that imports panel, and
only in explorer.py, turning.py and server.py.
"""
