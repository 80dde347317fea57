"""What a comparison amounts to, by rules fixed before any run: its verdict and its warnings."""

from typing import Any

from whynorm.results.cells import TRANSLATED
from whynorm.results.runs import Question

ALPHA = 0.05
ENOUGH_SEEDS = 3


def verdict(row: dict[str, Any], question: Question) -> str:
    """One word for a comparison: better, worse, same, open or diverged.

    'better' or 'worse' where corrected p < 0.05 and the difference reaches the margin; 'same' where
    the whole interval lies inside the margin, be it on one side of 0 or not; else 'open'. 'same'
    takes the 95 % interval that is drawn and written, not the 90 % one of two one-sided tests: one
    interval then shows the whole verdict, and it is the stricter. Only the metric that decides has
    a margin: of others 'same' is never said. Of two arms of which nothing is left it is open.

    Where one side of a loss lacks more runs because they diverged, its mean is that of survivors:
    it is neither 'same' nor 'better', and 'diverged' says that the arm has no run left while the
    baseline has.
    """
    if row["planned"] == row["diverged"] == row["baseline_diverged"]:
        return "open"
    found = _by_rule(row, question.margin if row["metric"] == question.metric else 0.0)
    if row["metric"] in TRANSLATED or row["diverged"] == row["baseline_diverged"]:
        return found
    if row["diverged"] == row["planned"] and row["baseline_done"]:
        return "diverged"
    survivor = "better" if row["diverged"] > row["baseline_diverged"] else "worse"
    return "open" if found in ("same", survivor) else found


def warnings(row: dict[str, Any]) -> list[str]:
    """What a reader of the comparison must know.

    An interval wider than the difference is no flaw where the verdict is 'same', which is read off
    the interval and the margin alone.
    """
    planned, paired = row["planned"], row["pairs"]
    width, size = row["high"] - row["low"], abs(row["difference"])
    unequal = f"diverged: {row['diverged']} here, {row['baseline_diverged']} of the baseline"
    survivors = " (means of those that finished)" if row["metric"] not in TRANSLATED else ""
    found = {
        f"pairs of seeds: {paired}, fewer than {ENOUGH_SEEDS}": paired < ENOUGH_SEEDS,
        "interval wider than the difference": row["verdict"] != "same" and width > size,
        "every seed gives the same difference": paired > 1 and width == 0,
        unequal + survivors: row["diverged"] != row["baseline_diverged"],
        f"runs without a result: {row['failed']}": row["failed"] > 0,
        "one side sees the answer, its loss measures nothing else": row["leaking"],
        f"pairs missing: {planned - paired} of {planned}": paired < planned,
    }
    return [text for text, holds in found.items() if holds]


def _by_rule(row: dict[str, Any], margin: float) -> str:
    """The verdict of the numbers alone."""
    if row["p_holm"] < ALPHA and abs(row["difference"]) >= margin:
        return "better" if (row["difference"] > 0) == (row["metric"] in TRANSLATED) else "worse"
    return "same" if -margin < row["low"] and row["high"] < margin else "open"
