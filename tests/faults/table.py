"""The page that says what was tried, and how it ended."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from whynorm.benchmarks.machine import cores, cpu
from whynorm.tasks.versions import commit, installed

MARK = "<!-- table -->"
END = "<!-- /table -->"


def published(page: Path, ended: Mapping[str, Counter[str]]) -> None:
    """Put the table into the page, between its marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(MARK)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{MARK}\n{table(ended)}\n{END}{after}", encoding="utf-8")


def table(ended: Mapping[str, Counter[str]]) -> str:
    """A row for each claim: how many trials held it, and how many did not."""
    rows = [row(kind, counts) for kind, counts in sorted(ended.items())]
    trials = sum(sum(counts.values()) for counts in ended.values())
    held = sum(counts["passed"] for counts in ended.values())
    head = ["| claim | trials | held | skipped |", "| --- | ---: | ---: | ---: |"]
    facts = commit()
    changed = " with uncommitted changes" if facts["uncommitted_changes"] else ""
    versions = ", ".join(f"{name} {installed(name)}" for name in ("torch", "pytorch-lightning"))
    measured = (
        f"{held} of {trials} trials. Tried: {datetime.now(UTC):%Y-%m-%d}, {cpu()}, "
        f"{cores()} cores, {versions}; commit {str(facts['commit'])[:9]}{changed}."
    )
    return "\n".join([*head, *rows, "", measured])


def row(kind: str, counts: Counter[str]) -> str:
    """One claim, as the test's name states it."""
    name = kind.rpartition("::")[2].removeprefix("test_").replace("_", " ")
    total = sum(counts.values())
    return f"| {name} | {total} | {counts['passed']} | {counts['skipped']} |"
