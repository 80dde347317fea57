"""Invariance cards as Markdown: one norm's questions and answers, and the table of all norms."""

import csv
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

# What is asked for each column, in the order of a card.
QUESTIONS = {
    "training future": "In training, does a real token's output depend on later tokens?",
    "training padding": "In training, does it depend on padding?",
    "training others": "In training, does it depend on other sentences of the batch?",
    "evaluating future": "When evaluating, does it depend on later tokens?",
    "evaluating padding": "When evaluating, does it depend on padding?",
    "evaluating others": "When evaluating, does it depend on other sentences?",
    "by gradient": "Does the gradient find the dependences that small edits find?",
    "same evaluating": "Is the output the same in training and when evaluating?",
    "one token": "Does it work in training on a batch of one real token?",
    "one sentence": "Does it work in training on a batch of one sentence?",
    "nothing real": "Is everything finite where no token is real?",
    "cache": "Can it be decoded token by token with a cache?",
    "bf16": "Largest relative error in bfloat16",
    "bf16 large": "Largest relative error in bfloat16, inputs a thousand times as large",
    "fp16": "Largest relative error in float16",
    "fp16 large": "Largest relative error in float16, inputs a thousand times as large",
    "keeps": "What does it remember from batch to batch?",
    "learns": "What does it learn?",
    "parameters": "How many numbers does it learn at width d?",
    "cost": "Processor time of forward and backward, as a multiple of LayerNorm's",
}

INFLUENCES = [name for name in QUESTIONS if name.startswith(("training ", "evaluating "))]
COLUMNS = ["norm", *QUESTIONS]

# The answers that a reader should not miss: what LayerNorm does not do.
SURPRISING = {
    **{name: {"yes"} for name in INFLUENCES},
    "same evaluating": {"no", "drifts"},
    "one token": {"erased", "not finite"},
    "one sentence": {"erased", "not finite"},
    "nothing real": {"no", "not finite"},
    "cache": {"no"},
    **{name: {"not finite"} for name in QUESTIONS if name.startswith(("bf16", "fp16"))},
}

INTRODUCTION = """\
# What every norm does

Measured from the live modules by `python run.py experiment=dependency`, which writes this page;
nothing here is typed by hand. An answer that LayerNorm would not give is **bold**.
"""

# What each column means and how it was measured.
LEGEND = {
    "future, padding, others": (
        "every token's vector is lifted and lowered far, one token at a time, and one real "
        "token's output is watched, in double precision, with weights moved off their first "
        "values. *future*: later real tokens of its sentence; *others*: real tokens of other "
        "sentences. These columns are held to the predictions in "
        "`experiments/dependency/truth.csv`"
    ),
    "by gradient": (
        "*agrees* where the gradient finds what small edits find (a limit or an extreme may need "
        "large ones); else what only one of the two finds: a backward pass that is not the "
        "derivative of the forward pass, or a detached part"
    ),
    "same evaluating": (
        "*yes*: one output in training and when evaluating, whatever was seen before; *drifts*: "
        "the two agree, but what is remembered of earlier batches moves both; *no*: they differ"
    ),
    "one token, one sentence": (
        "a batch of one real token, or of one sentence, in training. *yes*: output, gradient and "
        "state are finite and the output depends on the token; *erased*: it does not"
    ),
    "nothing real": "output, gradient and state are finite where every position is padding",
    "cache": (
        "when evaluating, a token's output is the same in the full sentence, from its prefix, "
        "and by itself"
    ),
    "bf16, fp16": (
        "the largest error over the largest number, in training, under autocast on the CPU, "
        "against double precision on the same rounded input. *large*: inputs a thousand times "
        "as large; *not finite*: output or gradient overflows"
    ),
    "keeps, learns, parameters": "buffers, weights, and how many numbers are learnt at width d",
    "cost": (
        "median processor time of forward and backward over LayerNorm's, the two in turn, for 64 "
        "sentences of at most 32 tokens at width 256"
    ),
}


def card_page(title: str, rows: Sequence[Mapping[str, object]]) -> str:
    """One norm's card."""
    return f"# {title}\n\n{table(list(rows[0]), rows)}"


def page(rows: Sequence[Mapping[str, object]]) -> str:
    """The table of all norms, what its columns mean, and where it was measured."""
    bold = [{name: emphasised(name, str(row[name])) for name in COLUMNS} for row in rows]
    versions = sorted({f"torch {row['torch']}, {row['measured on']}" for row in rows})
    footer = f"Measured with {'; '.join(versions)}.\n"
    legend = "".join(f"- **{name}**: {words}.\n" for name, words in LEGEND.items())
    return "\n".join((INTRODUCTION, table(COLUMNS, bold), legend, footer))


def emphasised(column: str, answer: str) -> str:
    """The answer, a norm's overrides as code and what surprises in bold."""
    if column == "norm":
        return f"`{answer}`"
    differs = column == "by gradient" and answer != "agrees"
    surprising = differs or answer in SURPRISING.get(column, ())
    return f"**{answer}**" if surprising else answer


def word(answer: bool) -> str:
    """yes or no."""
    return "yes" if answer else "no"


def formula(one: int, two: int, width: int) -> str:
    """How a count that is `one` at a width d and `two` at twice that depends on d."""
    slope, rest = (two - one) // width, 2 * one - two
    terms = [f"{slope if slope > 1 else ''}d"] * (slope > 0) + [str(rest)] * (rest > 0)
    return " + ".join(terms) or "0"


def disagreement(seen: Mapping[str, Sequence[Sequence[bool]]]) -> str:
    """Where two ways of asking find different influences, in words.

    Each way has answers for training and for evaluating: future, padding, others.
    """
    (one, ones), (two, twos) = seen.items()
    pairs = zip(INFLUENCES, chain(*ones), chain(*twos), strict=True)
    parts = [f"{name} by {one if a else two} only" for name, a, b in pairs if a != b]
    return "; ".join(parts) or "agrees"


def table(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as a Markdown table."""
    lines = [columns, ["---"] * len(columns), *([row[name] for name in columns] for row in rows)]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a table in a file of comma-separated values."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(rows: Sequence[Mapping[str, object]], path: Path) -> None:
    """Write rows of the same columns as comma-separated values."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
