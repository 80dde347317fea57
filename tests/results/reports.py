"""Reports of experiments that never ran: numbers by formula, and texts that mean harm."""

import math
from pathlib import Path
from typing import Any

import numpy
from pandas import DataFrame

from whynorm.results.report import Report
from whynorm.results.runs import Question, Run
from whynorm.results.statistics import comparisons, summary

HOSTILE = [
    "<script>window.hacked=1</script>",
    '"><img src=x onerror=window.hacked=1>',
    "</script><script>window.hacked=1</script>",
    "{{7*7}} ${7*7} @x @{says} $index",
    "javascript:window.hacked=1",
    "<!--<script>\u2028$$x^2$$ \\(y\\)",
    "\u202eמימין לשמאל\u202c ومن اليمين",
    "very" * 60,
]
SOURCES = ["Der Hund schläft .", "Die Frau liest ein Buch .", "Zwei Kinder spielen im Garten ."]
REFERENCES = ["The dog sleeps .", "The woman reads a book .", "Two children play in the garden ."]


def question(**changes: Any) -> Question:
    """A question about norms and the number of sentences in a batch."""
    asked = Question(
        name="batch_size",
        question="Does batch normalisation need large batches to translate as well as layer "
        "normalisation?",
        claims=[5, 8, 9],
        contrast="arm",
        baseline="layer",
        factor="batches.sentences",
        metric="bleu",
        beside=["test_loss"],
        margin=1.0,
        not_shown="Deep models, long training, and languages other than those of the grammar.",
        observed={},
    )
    return asked._replace(**changes)


def run(swept: dict[str, str], level: float, state: str = "done", points: int = 20) -> Run:
    """A run whose BLEU ends at that level, its loss falling as an exponential."""
    seed = int(swept["seed"])
    reached = points if state == "done" else points // 3
    steps = numpy.arange(1, reached + 1) * 10
    loss = 1.5 + 6 * numpy.exp(-steps / 60) + 0.2 * seed - 0.01 * level
    curve = DataFrame({"step": steps, "val/loss": loss, "train/loss": loss * 0.9})
    curve["val/bleu"] = numpy.where(steps % 20 == 0, level * (1 - numpy.exp(-steps / 80)), math.nan)
    written = [f"{text[:-2]} {'now' * (level < 20)} ." for text in REFERENCES]
    columns = {"source": SOURCES, "reference": REFERENCES, "greedy": written}
    texts = DataFrame({"test set": "test", **columns}) if state == "done" else DataFrame()
    config = {"norm": swept.get("arm", ""), "d_model": 64, "norm.eps": 1e-5 * (1 + (level > 20))}
    reason = "" if state == "done" else f"the loss was not finite in update {10 * reached}"
    return Run(Path("runs/x"), swept, state, reason, 31.5 + seed, config, {}, {}, curve, texts)


def row(found: Run, level: float, sentences: float) -> dict[str, Any]:
    """The run's row of the table."""
    done, seed = found.state == "done", int(found.swept["seed"])
    noise = math.sin(7.0 * seed + level)
    scores = {"test_loss": 3 - level / 20 + noise / 50, "bleu": level + noise, "chrf": 40.0}
    return {
        **found.swept,
        "state": found.state,
        "updates": 200,
        "tokens_per_batch": 12.3 * sentences,
        "seconds": found.seconds,
        "leaking": "no",
        **{name: value if done else math.nan for name, value in scores.items()},
    }


def report(
    levels: dict[tuple[str, str, str], float],
    *,
    seeds: int = 3,
    states: dict[int, str] | None = None,
    points: int = 20,
    asked: Question | None = None,
    sentences: dict[str, float] | None = None,
) -> Report:
    """A report with a run for each arm, placement and batch size, by its level of BLEU, and seed.

    `states` says which runs, by number, did not end well; `sentences` what a batch size that is no
    number stands for.
    """
    runs, rows = [], []
    for (arm, placement, size), level in levels.items():
        for seed in range(1, seeds + 1):
            place = {"arm": arm, "placement": placement, "batches.sentences": size}
            state = (states or {}).get(len(runs), "done")
            runs.append(run({**place, "seed": str(seed)}, level, state, points))
            rows.append(row(runs[-1], level, (sentences or {}).get(size) or float(size)))
    asked, table = asked or question(), DataFrame(rows)
    compared = comparisons(table, asked).assign(sentences_p=0.02, sentences_for="2 of 3")
    return Report(
        asked,
        runs,
        table,
        summary(table, asked),
        compared,
        answers=["Open: 2 of 4 comparisons are decided.", "batch is 3.1 BLEU points behind at 1."],
        warnings=["fewer than 5 seeds"],
        pictures=[],
        facts={"commit": "fd706d3", "BLEU signature": "nrefs:1", "command": "python run.py -m"},
    )


def ordinary() -> Report:
    """Two arms, two placements, four batch sizes, three seeds; one run diverged, one failed."""
    levels = {
        (arm, placement, sentences): 24
        - 9 * (arm == "batch") / float(sentences)
        - 2 * (placement == "pre")
        for placement in ("post", "pre")
        for arm in ("batch", "layer")
        for sentences in ("1", "4", "16", "64")
    }
    return report(levels, states={0: "diverged", 30: "failed"})


def hostile() -> Report:
    """Every text that a user or a corpus may have written means harm."""
    levels = {(arm, HOSTILE[0], "8"): 15.0 + i for i, arm in enumerate(HOSTILE)}
    asked = question(name=HOSTILE[0], question=HOSTILE[2], baseline=HOSTILE[0], factor=None)
    asked = asked._replace(not_shown=HOSTILE[1])
    found = report(levels, states={1: "failed"}, asked=asked)
    texts = {"source": HOSTILE, "reference": HOSTILE[::-1], "greedy": HOSTILE}
    table = DataFrame({"test set": "test", **texts})
    runs = [
        one._replace(
            config={HOSTILE[i % 8]: HOSTILE[(i + 1) % 8], **one.config}, translations=table
        )
        for i, one in enumerate(found.runs)
    ]
    runs[1] = runs[1]._replace(reason=HOSTILE[1])
    facts = dict(zip(HOSTILE, HOSTILE, strict=True)) | {"command": HOSTILE[0]}
    return found._replace(runs=runs, answers=HOSTILE, warnings=HOSTILE, facts=facts)
