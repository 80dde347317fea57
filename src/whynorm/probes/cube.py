"""Which numbers of a batch move one output: cubes drawn from live norms, and their catalogue.

`python -m whynorm.probes.cube docs/figure` draws the README's figure.
"""

import platform
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from jaxtyping import Bool
from torch import Tensor
from torch.backends.cpu import get_cpu_capability as instructions

from whynorm.norms.batch import BatchNorm
from whynorm.norms.group import GroupNorm
from whynorm.norms.instance import InstanceNorm
from whynorm.norms.layer import LayerNorm
from whynorm.norms.norm import Norm
from whynorm.probes.card import example, measure, stirred
from whynorm.probes.dependency import WAYS, depends
from whynorm.probes.subject import MakeNorm, Row, Subject, Unanswerable
from whynorm.results.cards import INFLUENCES, page, read, word, write
from whynorm.results.cubes import Cube, draw

FEATURES = 4
LENGTHS = (6, 4, 3)
MARKED = (1, 2, 1)

SHOWN: list[tuple[str, MakeNorm]] = [
    ("layer", lambda d_model: LayerNorm(d_model)),
    ("group", lambda d_model: GroupNorm(d_model, groups=2)),
    ("group, over time", lambda d_model: GroupNorm(d_model, groups=2, over_time=True)),
    ("instance", lambda d_model: InstanceNorm(d_model)),
    ("batch", lambda d_model: BatchNorm(d_model)),
    ("batch, counting padding", lambda d_model: BatchNorm(d_model, count_padding=True)),
]

# Width of the catalogue's cubes, which every norm's default groups divide; and the widths at
# which the features that move one feature are counted, for these norms.
CATALOGUE_FEATURES = 8
CATALOGUE_LENGTHS = (5, 4, 2)
WIDTHS = (32, 64, 128, 256, 512)
WIDENED = ("norm=layer", "norm=rms", "norm=group", "norm=batch")


def cube(title: str, norm: Norm) -> Cube:
    """The panel of one norm in training, on a small batch with padding."""
    found, real = shared(norm.train(), LENGTHS)
    words = f"over {features(found)}\nsees {sight(found, real) or 'its own token only'}"
    return Cube(title, words, found.numpy(), real.numpy(), MARKED)


def shared(
    norm: Norm, lengths: tuple[int, ...]
) -> tuple[Bool[Tensor, "batch time feature"], Bool[Tensor, "batch time"]]:
    """The numbers that move the marked one, in the norm's own mode, and which tokens are real."""
    x, real = example(lengths, norm.d_model, longest=max(lengths))
    return depends(norm, x, real, MARKED), real


def features(found: Bool[Tensor, "batch time feature"]) -> str:
    """How many features the numbers lie in, in words."""
    count = int(found.any(0).any(0).sum())
    return {1: "one feature", found.shape[-1]: "all features"}.get(count, f"{count} features")


def sight(found: Bool[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]) -> str:
    """What lies among the numbers besides the marked one's own past, in words; maybe none."""
    batch, time, _ = MARKED
    seen = {
        "the future": bool(found[batch, time + 1 :].any()),
        "other sentences": bool(found[torch.arange(len(found)) != batch].any()),
        "padding": bool(found[~real].any()),
    }
    return ", ".join(name for name, sees in seen.items() if sees)


def span(found: Bool[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]) -> str:
    """The numbers, in words."""
    if int(found.sum()) == 1:
        return "itself alone"
    tokens = {
        "": "its token",
        "the future": "its sentence",
        "the future, padding": "its sentence with padding",
        "the future, other sentences": "all real tokens",
        "the future, other sentences, padding": "all tokens and padding",
    }
    return f"{features(found)} of {tokens[sight(found, real)]}"


def catalogue(
    subject: Subject,
    folder: Path,
    *,
    truth: str = "experiments/dependency/truth.csv",
    docs: str | None = None,
    cost: bool = True,
) -> list[Row]:
    """The card of every norm in the table `truth`, beside what was predicted, and all cubes.

    `docs` is where the page of the table goes, if anywhere; width.csv counts, over the width, the
    features that move one feature.
    """
    predicted = predictions(Path(truth))
    norms = {name: subject.norm_of(name) for name in predicted}
    rows = [judged(name, make, predicted[name], cost) for name, make in norms.items()]
    folder.mkdir(parents=True, exist_ok=True)
    draw_catalogue(norms, folder)
    write(widths({name: subject.norm_of(name) for name in WIDENED}), folder / "width.csv")
    if docs is not None:
        Path(docs).write_text(page(rows), encoding="utf-8")
    return rows


def predictions(path: Path) -> dict[str, dict[str, str]]:
    """The table of predictions, by the words that choose each norm."""
    if not path.is_file():
        raise Unanswerable(
            f"probe.truth={path}: there is no such table; run in the project's folder, or name it"
        )
    rows = read(path)
    wanted = {"norm", *INFLUENCES}
    if not rows or not wanted <= rows[0].keys():
        raise Unanswerable(f"probe.truth={path}: its first line must name {', '.join(wanted)}")
    return {row["norm"]: row for row in rows}


def judged(name: str, make: MakeNorm, predicted: Mapping[str, str], cost: bool) -> Row:
    """One norm's answers, the predicted ones, and whether they agree."""
    answers = measure(make, cost=cost).answers()
    agrees = all(answers[kind] == predicted[kind] for kind in INFLUENCES)
    return {
        "norm": name,
        **answers,
        **{f"predicted {kind}": predicted[kind] for kind in INFLUENCES},
        "as predicted": word(agrees),
        "torch": torch.__version__.split("+")[0],
        "measured on": f"CPU {platform.machine()} ({instructions()}), one thread",
    }


def draw_catalogue(norms: Mapping[str, MakeNorm], folder: Path) -> None:
    """Draw `figure`, a panel for each different pattern, and `every`, one for each norm."""
    every = [entry(name, make(CATALOGUE_FEATURES)) for name, make in norms.items()]
    alike: dict[str, list[Cube]] = {}
    for each in every:
        alike.setdefault(each.caption, []).append(each)
    patterns = [pattern(cubes) for cubes in alike.values()]
    columns = -(-len(patterns) // 2)
    size = (16 / columns, 4.5)
    draw(patterns, folder / "figure", columns=columns, size=size, letters=0.8, room=(3.2, 7.4))
    draw(every, folder / "every", columns=7, size=(2.7, 3.1), letters=0.7, room=(4.4, 2.4))


def entry(name: str, norm: Norm) -> Cube:
    """The panel of one norm in training, what it does when evaluating said in words."""
    norm = stirred(norm)
    found, real = shared(norm.train(), CATALOGUE_LENGTHS)
    later, _ = shared(norm.eval(), CATALOGUE_LENGTHS)
    then = "the same" if torch.equal(found, later) else span(later, real)
    option, *overrides = name.replace("norm=", "").replace("norm.", "").replace("=true", "").split()
    title = f"{option} ({', '.join(overrides)})" if overrides else option
    words = f"{span(found, real)}\nevaluating: {then}"
    return Cube(title, words, found.numpy(), real.numpy(), MARKED)


def pattern(cubes: list[Cube]) -> Cube:
    """One panel for norms that are alike, with the names of all below."""
    span, then = cubes[0].caption.split("\n")
    return replace(cubes[0], title=span, caption=then, names=[cube.title for cube in cubes])


def widths(norms: Mapping[str, MakeNorm]) -> list[Row]:
    """How many input features move one output feature of a token, for each norm and width."""
    return [
        {"norm": name, "width": d_model, **counts(stirred(make(d_model)))}
        for name, make in norms.items()
        for d_model in WIDTHS
    ]


def counts(norm: Norm) -> Row:
    """The number of features that move the first one, by editing and by gradient."""
    x, real = example((1, 1), norm.d_model, longest=1)
    found = {by: depends(norm, x, real, (0, 0, 0), by=by) for by in WAYS}
    return {f"features by {by}": int(moved.any(0).any(0).sum()) for by, moved in found.items()}


def main() -> None:
    """Write the figure as `norms.svg` and `norms.png` into the folder named on the command line."""
    cubes = [cube(title, make(FEATURES)) for title, make in SHOWN]
    draw(cubes, Path(sys.argv[1]) / "norms")


if __name__ == "__main__":
    main()
