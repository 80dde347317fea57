"""The page's plots of the metric that decides: every seed, and each arm's mean and interval."""

from typing import Any, NamedTuple

from bokeh.embed import json_item
from bokeh.models import FixedTicker, PlainText
from bokeh.plotting import figure
from pandas import DataFrame

from whynorm.results.cells import arms, conditions, select, values
from whynorm.results.measures import brief, measure, number
from whynorm.results.page_canvas import Axis, add_axis_below, empty, marks, roomy
from whynorm.results.page_points import Point, dots, means
from whynorm.results.palette import looks
from whynorm.results.report import Report, place_name, places

MOST = 12  # panels; what is beyond stands in the tables
STEP, SPREAD = 0.02, 0.09  # of the axis: between arms at one value of the factor, and over all
BEYOND = 0.5  # of the range of seeds: how far intervals may widen the axis
LONGEST = 20  # letters of an arm beside its row
ALIKE = 0.1  # how far tokens of one value of the factor may differ to be told in one number


class Panel(NamedTuple):
    """A plot: under which conditions, what it shows in words, and Bokeh's description of it."""

    title: str
    words: str
    item: dict[str, Any]


def panels(report: Report) -> list[Panel]:
    """A plot for each condition other than the drawn factor, all on one scale."""
    found = places(report.table, panel_keys(report))[:MOST]
    return [_panel(report, place) for place in found]


def left_out(report: Report) -> int:
    """How many conditions are not drawn."""
    return max(0, len(places(report.table, panel_keys(report))) - MOST)


def panel_keys(report: Report) -> list[str]:
    """The conditions that have a panel each."""
    keys = conditions(report.table, report.question)
    return [key for key in keys if key != factor(report)]


def factor(report: Report) -> str | None:
    """The swept key that is drawn along an axis, where its values are numbers."""
    key = report.question.factor
    if key is None or key == report.question.contrast or key not in report.table:
        return None
    return key if all(number(value) is not None for value in report.table[key]) else None


def _panel(report: Report, place: dict[str, str]) -> Panel:
    scale, key = metric_axis(report), factor(report)
    seeds = dots(select(report.table, place), report.question, scale.low, scale.high)
    middle = means(select(report.summary, place), report.question)
    draw = strip if key is None else along
    plot = draw(report, seeds, middle, scale)
    name = measure(report.question.metric).name
    words = f"{name} of every seed, with mean and interval of every arm"
    words += "" if key is None else f", along {key}"
    return Panel(place_name(place), words, dict(json_item(plot)))


def metric_axis(report: Report) -> Axis:
    """An axis with room for seeds that ended well, all means, and intervals that are not far wider.

    An interval goes on beyond it, and a run that diverged is drawn at its end, so that one of them
    does not flatten all others.
    """
    metric = report.question.metric
    rows = select(report.summary, {"metric": metric})
    seeds = values(select(report.table, {"state": "done"}), metric)
    seen = [float(value) for value in [*seeds, *rows["mean"]] if number(value) is not None]
    if not seen:
        return roomy([])
    low, high = min(seen), max(seen)
    far = BEYOND * (high - low)
    ends = [float(value) for value in [*rows["low"], *rows["high"]] if number(value) is not None]
    return roomy([*seen, *(min(max(end, low - far), high + far) for end in ends)])


def strip(report: Report, seeds: list[Point], middle: list[Point], scale: Axis) -> figure:
    """A row for each arm: seeds above, mean and interval below."""
    names = arms(report.table, report.question)
    heights = {arm: float(len(names) - index) for index, arm in enumerate(names)}
    plot = empty(scale, Axis(0.4, len(names) + 0.6), 70 + 46 * len(names))
    plot.xaxis.axis_label = measure(report.question.metric).words
    plot.yaxis.ticker = FixedTicker(ticks=list(heights.values()), minor_ticks=[])
    # As a model and not a string, a name between dollar signs stays a name and is no formula.
    plot.yaxis.major_label_overrides = {
        height: PlainText(text=_cut(arm)) for arm, height in heights.items()
    }
    plot.ygrid.visible = False
    seeds = [{**p, "x": p["value"], "y": heights[p["arm"]] + 0.13} for p in seeds]
    middle = [{**p, "x": p["value"], "y": heights[p["arm"]] - 0.17} for p in middle]
    middle = [{**p, "x0": p["low"], "x1": p["high"], "y0": p["y"], "y1": p["y"]} for p in middle]
    marks(plot, seeds, middle, looks(names))
    return plot


def along(report: Report, seeds: list[Point], middle: list[Point], scale: Axis) -> figure:
    """The factor against the metric: seeds, and a line through the means with intervals."""
    key, names = str(factor(report)), arms(report.table, report.question)
    axis = roomy([float(value) for value in report.table[key]], logarithmic=True)
    plot = empty(axis, scale, 380)
    plot.yaxis.axis_label = measure(report.question.metric).words
    label_factor(plot, report.table, key)
    step = min(STEP, SPREAD / len(names))
    shift = {arm: step * (index - (len(names) - 1) / 2) for index, arm in enumerate(names)}
    middle = side_by_side(middle, key, axis, shift)
    seeds = side_by_side(seeds, key, axis, {arm: by - 0.45 * step for arm, by in shift.items()})
    middle = [{**p, "x0": p["x"], "x1": p["x"], "y0": p["low"], "y1": p["high"]} for p in middle]
    marks(plot, seeds, sorted(middle, key=lambda p: p["x"]), looks(names), lines=True)
    return plot


def side_by_side(points: list[Point], key: str, axis: Axis, shift: dict[str, float]) -> list[Point]:
    """The points with x at the factor's value, each arm moved a little, and y at their value."""
    return [{**p, "x": axis.moved(float(p[key]), shift[p["arm"]]), "y": p["value"]} for p in points]


def label_factor(plot: figure, table: DataFrame, key: str) -> None:
    """Ticks at the factor's values; below them, where it moves them, real tokens an update."""
    ticks: dict[Any, Any] = {float(value): brief(float(value)) for value in table[key]}
    plot.xaxis.axis_label = key
    plot.xaxis.ticker = FixedTicker(ticks=sorted(ticks), minor_ticks=[])
    plot.xaxis.major_label_overrides = ticks
    plot.xgrid.ticker = FixedTicker(ticks=sorted(ticks))
    if tokens := tokens_at(table, key):
        add_axis_below(plot, tokens, measure("tokens_per_batch").name)


def tokens_at(table: DataFrame, key: str) -> dict[float, str]:
    """Real target tokens an update at each value of the factor; empty unless it decides them."""
    if "tokens_per_batch" not in table:
        return {}
    counts: dict[float, list[float]] = {}
    for value, count in zip(table[key], table["tokens_per_batch"], strict=True):
        if number(count) is not None:
            counts.setdefault(float(value), []).append(float(count))
    alike = all(max(found) <= (1 + ALIKE) * min(found) for found in counts.values())
    means = {value: sum(found) / len(found) for value, found in counts.items()}
    if not alike or len(means) < 2 or max(means.values()) <= (1 + ALIKE) * min(means.values()):
        return {}
    return {value: f"{mean:,.0f}" for value, mean in means.items()}


def _cut(name: str) -> str:
    """The name, its end left out where it is too long to stand beside a plot."""
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
