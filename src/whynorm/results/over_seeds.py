"""What a probe says of the runs of a sweep, as a table of means over seeds."""

from collections.abc import Sequence

import numpy
import pandas

from whynorm.results.cells import SEED
from whynorm.results.markdown import lines
from whynorm.results.measures import MISSING, written
from whynorm.results.statistics import interval

DECIMALS = 3


def over_seeds(frame: pandas.DataFrame, swept: Sequence[str], averaged: Sequence[str] = ()) -> str:
    """A row of Markdown for each place in the sweep and each word of the probe, seeds apart.

    Numbers are means with half the 95 % interval (Student's) over seeds; a run without a finite
    number is left out of its mean. Rows of a run that differ in the `averaged` columns alone are
    one number, their mean. Where seeds say different words, each has its row.
    """
    measured = [
        name
        for name in frame
        if name not in swept and pandas.api.types.is_float_dtype(frame[name].dtype)
    ]
    keys = [name for name in frame if name not in (SEED, *measured, *averaged)]
    each = frame[[*keys, SEED, *measured]].groupby([*keys, SEED], sort=False, dropna=False)
    runs = pandas.DataFrame(each.mean()).reset_index()
    body = [
        [
            *(str(seeds[name].iloc[0]) for name in keys),
            *(cell(seeds[name].to_numpy()) for name in measured),
        ]
        for _, seeds in runs.groupby(keys, sort=False, dropna=False)
    ]
    titles = [*map(str, keys), *(str(name).replace("_", " ") for name in measured)]
    return "\n".join(lines(titles, body)) + "\n"


def cell(numbers: numpy.ndarray) -> str:
    """The mean and half its interval; a dash where there is none."""
    finite = numbers[numpy.isfinite(numbers)]
    if not len(finite):
        return MISSING
    low, high = interval(finite)
    half = "" if numpy.isnan(low) else f" ± {written((high - low) / 2, DECIMALS)}"
    return written(float(finite.mean()), DECIMALS) + half
