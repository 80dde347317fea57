"""The page's learning curves: an empty plot, and what the page's script draws into it."""

from typing import Any, NamedTuple

from bokeh.embed import json_item
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure
from pandas import DataFrame, Series

from whynorm.results.cells import SEED, arms, conditions
from whynorm.results.measures import measure, number
from whynorm.results.page_canvas import Axis, empty, roomy, told
from whynorm.results.palette import looks
from whynorm.results.report import Report, place_name, places
from whynorm.results.runs import Run

COLUMNS = ["val/loss", "val/bleu", "train/loss"]
MOST_POINTS, FEWEST_POINTS = 60, 20  # of a curve
ALL_POINTS = 8_000  # of all curves of one measure
MARKERS = 7  # along a mean
SHOWN = {"whole training": 0.0, "second half": 0.5, "last tenth": 0.9}  # from which part of it on


class Curves(NamedTuple):
    """The plot, the names to choose from, and a view for each pair."""

    item: dict[str, Any]
    measures: list[str]
    places: list[str]
    shown: list[str]
    views: list[list[dict[str, Any]]]  # by measure, then by place


def curves(report: Report) -> Curves | None:
    """The learning curves; none where no run has any."""
    columns = [name for name in COLUMNS if any(len(series(run, name)) for run in report.runs)]
    if not columns:
        return None
    found = places(report.table, conditions(report.table, report.question))
    views = [[view(report, column, place) for place in found] for column in columns]
    return Curves(
        dict(json_item(plot(arms(report.table, report.question)))),
        [measure(name).words for name in columns],
        [place_name(place) for place in found],
        list(SHOWN),
        views,
    )


def plot(names: list[str]) -> figure:
    """The plot without data: for each arm a band, its seeds, its mean, and markers on the mean."""
    canvas = empty(Axis(0.0, 1.0), Axis(0.0, 1.0), 400)
    canvas.xaxis.axis_label = "update"
    for index, look in enumerate(looks(names).values()):
        middle = ColumnDataSource({name: [] for name in ("x", "y", "low", "high")})
        drawn: dict[str, Any] = {
            "band": canvas.varea("x", "low", "high", source=middle),
            "seeds": canvas.multi_line("xs", "ys", source=_nothing("xs", "ys"), alpha=0.5),
            "mean": canvas.line("x", "y", source=middle, line_width=2.2),
            "marks": canvas.scatter("x", "y", source=_nothing("x", "y"), size=8),
        }
        drawn["band"].glyph.update(fill_color=look.colour, fill_alpha=0.13)
        drawn["seeds"].glyph.line_color = drawn["mean"].glyph.line_color = look.colour
        drawn["mean"].glyph.line_dash = list(look.dashes)
        drawn["marks"].glyph.update(
            marker=look.marker, fill_color=look.colour, line_color=look.colour
        )
        for part, renderer in drawn.items():
            renderer.tags = [index, part]
    pointed = canvas.scatter(
        "x", "y", source=_nothing("x", "y", "arm", "seed", "says"), size=9, alpha=0.0
    )
    pointed.tags = [-1, "pointer"]
    canvas.add_tools(told("@arm, seed @seed, update @x{0,0}: @says", [pointed]))
    return canvas


def _nothing(*columns: str) -> ColumnDataSource:
    return ColumnDataSource({name: [] for name in columns})


def view(report: Report, column: str, place: dict[str, str]) -> dict[str, Any]:
    """What is drawn of one measure under one condition: axes, and for each arm mean and seeds."""
    runs = [run for run in report.runs if place.items() <= run.swept.items()]
    names = arms(report.table, report.question)
    found = {
        index: arm(
            [run for run in runs if run.swept.get(report.question.contrast) == name],
            column,
            points(len(report.runs)),
        )
        for index, name in enumerate(names)
    }
    unit = measure(column)
    return {
        "words": unit.words,
        "decimals": unit.decimals,
        "ranges": [ranges(runs, column, part) for part in SHOWN.values()],
        "arms": {str(index): curve for index, curve in found.items() if curve["seeds"]},
    }


def ranges(runs: list[Run], column: str, begin: float) -> dict[str, list[float]]:
    """Both axes from that part of the training on; runs that diverged leave the vertical one.

    They would flatten all others.
    """
    last = max((step for run in runs for step in series(run, column).index), default=1)
    first = begin * last
    healthy = [run for run in runs if run.state != "diverged"] or runs
    seen = [series(run, column) for run in healthy]
    y = roomy([value for curve in seen for value in curve[curve.index >= first]])
    return {"x": [first, last + 0.02 * (last - first)], "y": [y.low, y.high]}


def points(runs: int) -> int:
    """How many points a curve keeps, so that the page stays small with many runs."""
    return max(FEWEST_POINTS, min(MOST_POINTS, ALL_POINTS // max(1, runs)))


def arm(runs: list[Run], column: str, most: int) -> dict[str, Any]:
    """Each seed's curve, and over them mean, lowest and highest where all seeds have a value.

    A mean of those that are left, after one has diverged, would be better than the arm is.
    """
    seeds = {run.swept.get(SEED, ""): series(run, column) for run in runs}
    seeds = {seed: curve for seed, curve in seeds.items() if len(curve)}
    if not seeds:
        return {"seeds": []}
    every = DataFrame(seeds).sort_index()
    kept = thinned(list(every.index), most)
    common = every.loc[kept].dropna()
    whole = {"x": list(common.index), "y": _short(common.mean(axis=1))}
    whole |= {"low": _short(common.min(axis=1)), "high": _short(common.max(axis=1))}
    return {
        "mean": whole,
        "marks": thinned(list(range(len(common))), MARKERS),
        "seeds": [_seed(seed, curve, set(kept)) for seed, curve in seeds.items()],
    }


def _seed(seed: str, curve: Series, kept: set[int]) -> dict[str, Any]:
    """The points of a seed's curve at the steps that are kept, and its last."""
    steps = [step for step in curve.index if step in kept or step == curve.index[-1]]
    return {"seed": seed, "x": steps, "y": _short(curve.loc[steps])}


def _short(values: Series) -> list[float]:
    """Five digits of each value, which no eye tells from all of them."""
    return [float(f"{value:.5g}") for value in values]


def thinned(steps: list[int], most: int) -> list[int]:
    """So many of the steps at most, evenly spread, the first and the last among them."""
    if len(steps) <= most:
        return steps
    return [steps[round(i * (len(steps) - 1) / (most - 1))] for i in range(most)]


def series(run: Run, column: str) -> Series:
    """The finite values that a run logged in that column, by update."""
    if column not in run.curve or "step" not in run.curve:
        return Series(dtype=float)
    pairs = zip(run.curve["step"], run.curve[column], strict=True)
    found = {int(step): number(value) for step, value in pairs if number(value) is not None}
    return Series(found, dtype=float).sort_index()
