"""A page as a browser would read it."""

from html.parser import HTMLParser

VOID = {"meta", "img", "path", "rect", "circle"}


class Reader(HTMLParser):
    """What a browser would make of a page: its elements, and the text of each kind of element."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.open += [] if tag in VOID else [tag]

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def words(self) -> str:
        """All that is shown, in the order of the page."""
        shown = (data for tag, data in self.texts if tag not in ("script", "style"))
        return " ".join(" ".join(shown).split())

    def scripts(self) -> list[str]:
        """The scripts that a browser would run or read."""
        return [data for tag, data in self.texts if tag == "script"]
