"""The figures of docs/scaling.md, computed or measured.

`python -m tests.house.scaling` prints them. Sizes are in powers of ten: 1 MB is a million bytes.
"""

import csv
import gc
import io
import tracemalloc
from collections.abc import Iterator
from functools import cache

import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from tests.house.source import ROOT
from whynorm.model.embedding import Tokens
from whynorm.tasks import build, queue_launcher

SIZES = ("nano", "tutorial", "small", "base", "big")
VOCABULARY, GPUS, RUNS = 32_000, 8, 1_000
# Bytes a parameter: single-precision weight, gradient and Adam's two moments; without the gradient.
STATE, CHECKPOINT, GRADIENT = 16, 12, 4
KEPT = 2  # checkpoints a run keeps: the best and the last
PAIRS, PAIR = 4_500_000, 1_000  # of a large corpus; bytes that one takes
SWEEP = ROOT / "benchmarks/sweeps/nano.csv"


@cache
def composed(*overrides: str) -> DictConfig:
    """The configuration that these words make."""
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        return compose("config", overrides=list(overrides))


def parameters(size: str) -> int:
    """The parameters of a model with one vocabulary for both languages."""
    with torch.device("meta"):
        model = build.make_model(composed(f"model={size}"), Tokens(VOCABULARY, VOCABULARY, True))
    return sum(one.numel() for one in model.parameters())


def row(size: str) -> str:
    """What a model of that size costs in memory, disk and traffic."""
    count = parameters(size)
    ring = 2 * (GPUS - 1) / GPUS * GRADIENT * count
    sizes = (STATE * count, STATE * count / GPUS, ring, CHECKPOINT * count)
    every = [f"{one / 1e6:,.0f}" for one in sizes]
    kept = f"{RUNS * KEPT * CHECKPOINT * count / 1e9:,.0f}"
    return f"| `{size}` | {count / 1e6:.1f} | {' | '.join(every)} | {kept} |"


def checkpoint_bytes_a_parameter() -> float:
    """As Adam and torch.save make it."""
    layer, file = torch.nn.Linear(1024, 1024), io.BytesIO()
    optimizer = torch.optim.Adam(layer.parameters())
    layer(torch.ones(1, 1024)).sum().backward()
    optimizer.step()
    torch.save({"state_dict": layer.state_dict(), "optimizer": optimizer.state_dict()}, file)
    return file.tell() / sum(one.numel() for one in layer.parameters())


def bytes_a_pair() -> float:
    """The memory of a pair of the embedded corpus, as text and as numbers."""
    config = composed("data.corpus.pairs=2000")
    data = build.make_data(config, build.made(config.vocabulary))
    tracemalloc.start()
    data.prepare()
    gc.collect()
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return used / sum(len(split.examples) for split in data._splits.values())


def corpus() -> str:
    """The memory that a large corpus takes."""
    whole = PAIRS * PAIR / 1e9
    return f"about {PAIR:,} bytes a pair: {whole:.1f} GB for {PAIRS / 1e6:.1f} million pairs"


def looks() -> str:
    """How often a sweep in a queue looks at the file system and asks Slurm."""
    seconds = queue_launcher.pause(RUNS)
    return (
        f"at {RUNS:,} jobs every {seconds:.0f} s, and asks Slurm, for all of them at once, "
        f"every {seconds * queue_launcher.ASK_EVERY:.0f} s"
    )


def overhead() -> str:
    """What the sweep of the benchmark took beside training."""
    with SWEEP.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    jobs = [one for one in rows if one["training"]]
    training = sum(float(one["training"]) for one in jobs)
    each = sum(float(one["ended"]) - float(one["began"]) for one in jobs)
    (whole,) = (float(one["seconds"]) for one in rows if one["what"] == "sweep")
    return (
        f"{len(jobs)} jobs in {whole:.0f} s, a job {each / len(jobs):.1f} s, "
        f"of which {training / len(jobs):.1f} s were training"
    )


def figures() -> Iterator[str]:
    """Every line of the page that holds a figure."""
    yield from (row(size) for size in SIZES)
    yield corpus()
    yield overhead()
    yield looks()


if __name__ == "__main__":
    print(*figures(), sep="\n")  # noqa: T201
