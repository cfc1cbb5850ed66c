"""The files of this folder that are no code: the page and its styles."""

from importlib.resources import files


def resource(name: str) -> str:
    """The text of one of them."""
    return (files("darkstate.web") / name).read_text(encoding="utf-8")
