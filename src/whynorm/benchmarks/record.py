"""What a benchmark leaves: a table of every round, the facts behind it, and a table to read."""

import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from whynorm.benchmarks.contest import Outcome, Row
from whynorm.benchmarks.summary import Standing

README = "README.md"
Cell = int | float | str | None


class Finding(NamedTuple):
    """One result: all rounds for the machine, and a table with a note for people.

    `name` is `<benchmark>/<what was measured>`. `facts` are those that a reader needs to believe
    it, besides those of the machine; `packages` are whose versions matter. `draw` draws a picture
    beside the table, as .svg and .png, if there is one.
    """

    name: str
    rows: Sequence[Mapping[str, Cell]]
    table: Sequence[Mapping[str, Cell]]
    note: str
    facts: Mapping[str, Any]
    packages: Sequence[str]
    draw: Callable[[Path], None] | None = None


def record(finding: Finding, facts: Mapping[str, Any], place: Path) -> None:
    """Write `<name>.csv` and `<name>.json`, and the table into the README between its marks.

    Other results that the README has stay as they are; one that it does not have is added.
    """
    path = place / finding.name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_csv(finding.rows, path.with_suffix(".csv"))
    text = json.dumps(facts, indent=2, ensure_ascii=False)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    if finding.draw is not None:
        finding.draw(path)
    readme = place / README
    before = readme.read_text(encoding="utf-8") if readme.exists() else ""
    after = marked(before, finding.name, section(finding, facts))
    readme.write_text(after, encoding="utf-8")


def marked(text: str, name: str, section: str) -> str:
    """The text with the section between the marks of that name, which are added if missing."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if begin not in text:
        text = f"{text}\n{begin}\n{end}\n"
    pattern = rf"{re.escape(begin)}.*{re.escape(end)}"
    return re.sub(pattern, lambda _: f"{begin}\n{section}\n{end}", text, flags=re.DOTALL)


def section(finding: Finding, facts: Mapping[str, Any]) -> str:
    """The table, its note, and when, where and how it was measured."""
    commit = str(facts.get("commit") or "no commit")[:9]
    changed = " with uncommitted changes" if facts.get("uncommitted_changes") else ""
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    measured = (
        f"{facts['date']}, {facts['cpu']}, {facts['cores']} cores, threads: {facts['threads']}, "
        f"load {facts['load_before']} before and {facts['load_after']} after; {versions}; commit "
        f"{commit}{changed}; `{facts['command']}`"
    )
    parts = [markdown(finding.table), finding.note, f"Measured: {measured}."]
    if finding.draw is not None:
        parts.insert(1, f"![{finding.name}]({finding.name}.svg)")
    return "\n\n".join(parts)


def markdown(table: Sequence[Mapping[str, Cell]]) -> str:
    """The rows as a Markdown table without empty columns; numbers stand on the right."""
    names = [name for name in table[0] if any(row[name] not in (None, "") for row in table)]
    right = [any(isinstance(row[name], int | float) for row in table) for name in names]
    lines = [names, ["---:" if side else "---" for side in right]]
    lines += [[shown(row[name]) for name in names] for row in table]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def shown(value: Cell) -> str:
    """A cell as people read it: three digits of what is small, whole numbers of what is large."""
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else value or ""


def lines(outcome: Outcome, *, unit: str, units: Mapping[str, str]) -> list[dict[str, Cell]]:
    """Every round of a contest in its unit (`units`: of contenders that have others).

    Whoever is absent has a line with the reason.
    """
    measured: list[dict[str, Cell]] = [
        {**row._asdict(), "unit": units.get(row.contender, unit), "absent": None}
        for row in outcome.rows
    ]
    empty = dict.fromkeys([*Row._fields, "unit"])
    return measured + [
        {**empty, "contender": name, "absent": why} for name, why in outcome.absent.items()
    ]


def note(said: str, outcome: Outcome) -> str:
    """What is said under a table, and who is absent why."""
    reasons: dict[str, list[str]] = {}
    for name, why in outcome.absent.items():
        reasons.setdefault(why, []).append(name)
    return " ".join([said, *(f"Absent: {'; '.join(n)}: {why}." for why, n in reasons.items())])


def spread(one: Standing) -> str:
    """A ratio with the smallest and the largest of the rounds."""
    if one.ratio is None:
        return ""
    return f"{one.ratio:.2f} ({one.smallest_ratio:.2f} to {one.largest_ratio:.2f})"


def write_csv(rows: Sequence[Mapping[str, Cell]], path: Path) -> None:
    """Write the rows with their names above them."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
