"""Sections of a README that are written by the project, between two comments with their name."""

import re


def marks(name: str) -> tuple[str, str]:
    """The comments before and after a section."""
    return f"<!-- {name} -->", f"<!-- /{name} -->"


def between(text: str, name: str) -> str | None:
    """The section between its marks; None where the text does not have both."""
    found = re.search(_pattern(name), text, flags=re.DOTALL)
    return found.group(1).strip() if found else None


def renewed(text: str, name: str, section: str) -> str:
    """The text with this section in place of the one between its marks, if it has them."""
    begin, end = marks(name)
    written = f"{begin}\n{section.strip()}\n{end}"
    return re.sub(_pattern(name), lambda _: written, text, flags=re.DOTALL)


def _pattern(name: str) -> str:
    begin, end = map(re.escape, marks(name))
    return f"{begin}(.*){end}"
