"""An experiment's folder: the answer is kept there, and a new one is held against it."""

import shutil
from pathlib import Path

import pandas

from whynorm.results.findings import ANSWER, COMPARISONS, LATEX, SUMMARY, TABLE
from whynorm.results.marks import marks, renewed

KEPT = (TABLE, COMPARISONS, SUMMARY, LATEX)
PICTURES = ("factor", "differences", "curves_val_loss", "curves_val_bleu")
SECTION = "answer"
CONCLUSIONS = ["metric", "verdict"]


def publish(report: Path, folder: Path) -> None:
    """Copy tables and figures, and put the answer between its marks in the folder's README."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = [f"{name}.{kind}" for name in PICTURES for kind in ("svg", "png")]
    for name in (*KEPT, *pictures):
        if (report / name).exists():
            shutil.copy(report / name, folder)
    readme = folder / "README.md"
    answer = (report / ANSWER).read_text(encoding="utf-8").strip()
    none = "\n".join([*marks(SECTION), ""])
    text = readme.read_text(encoding="utf-8") if readme.exists() else none
    readme.write_text(renewed(text, SECTION, answer), encoding="utf-8")


def differing(report: Path, folder: Path) -> list[str]:
    """How far the conclusions are those that the folder keeps; nothing where it keeps none."""
    if not (folder / COMPARISONS).exists() or not (report / COMPARISONS).exists():
        return []
    new, old = (conclusions(place / COMPARISONS) for place in (report, folder))
    shared = [key for key in new if key in old]
    other = [key for key in shared if new[key] != old[key]]
    said = [f"{' '.join(key)} is {new[key]}, was {old[key]}" for key in other]
    first = f"conclusions: {len(shared) - len(other)} of {len(shared)} as in {folder}"
    return ["; ".join([first, *said])]


def conclusions(path: Path) -> dict[tuple[str, ...], str]:
    """The verdict of each comparison under the values that name it."""
    frame = pandas.read_csv(path, dtype=str, keep_default_na=False)
    names = [*frame.columns[: list(frame.columns).index("metric")], "metric"]
    return {tuple(row[name] for name in names): row["verdict"] for row in frame.to_dict("records")}
