"""Claims that nobody makes, with answers and sources, for tests of what shows them."""

from pathlib import Path

from whynorm.results.claims import VERDICTS
from whynorm.results.evidence import Answered, Source


def entries(figure: Path, words: str = "batch norm | needs") -> list[Answered]:
    """A claim of each verdict, all but the open one with figure and answer."""
    return [
        Answered(
            number,
            verdict,
            claim=f"{words} {number}",
            measured=f"{words}, measured",
            answer="" if verdict == "open" else f"{words}: −{number}.00",
            experiments=["rain", "snow"],
            figure=None if verdict == "open" else figure,
        )
        for number, verdict in enumerate(VERDICTS, 1)
    ]


def sources(words: str = "runs 2: 2 done") -> list[Source]:
    """An experiment in each state."""
    return [
        Source("rain", [1, 2], "run", words, words),
        Source("hail", [1], "probed", "", ""),
        Source("snow", [5], "waiting", "", words),
    ]
