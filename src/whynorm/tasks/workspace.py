"""A W&B workspace: the page on which the runs of an experiment are compared."""

import io
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple

from wandb_workspaces import expr, workspaces  # pyright: ignore[reportMissingImports]
from wandb_workspaces.reports.v2 import interface as reports  # pyright: ignore[reportMissingImports]

from whynorm.tasks.tracking import STEP

MOST_RUNS = 100  # lines or bars of a panel
CURVES = ("val/loss", "val/bleu", "train/loss")


class Shown(NamedTuple):
    """What a workspace shows: an experiment's runs, where they lie, and how they are compared."""

    entity: str
    project: str
    name: str
    group: str
    columns: list[str]  # of what the runs differ in, the seed left out
    metric: str  # what decides, a key of the runs' summary
    trials_seed: int | None = None  # the seed of runs that only looked for a learning rate


def save(shown: Shown, url: str | None) -> str:
    """The address of the workspace, once saved: at `url` again if there is one, else a new one."""
    page = workspace(shown)
    # It prints the address itself, without the name.
    with redirect_stderr(io.StringIO()), redirect_stdout(io.StringIO()):
        known = found(url)
        if known is None:
            return page.save().url
        known.name, known.sections = page.name, page.sections
        known.settings, known.runset_settings = page.settings, page.runset_settings
        return known.save().url


def found(url: str | None) -> workspaces.Workspace | None:
    """The workspace at that address; None where there is none any more."""
    try:
        return None if url is None else workspaces.Workspace.from_url(url)
    except ValueError:
        return None


def workspace(shown: Shown) -> workspaces.Workspace:
    """The experiment's runs alone, grouped by what they differ in, with what decides on top."""
    return workspaces.Workspace(
        entity=shown.entity,
        project=shown.project,
        name=shown.name,
        sections=[decision(shown), curves()],
        settings=workspaces.WorkspaceSettings(x_axis=STEP, max_runs=MOST_RUNS),
        runset_settings=workspaces.RunsetSettings(
            filters=chosen(shown),
            groupby=[expr.Config(column) for column in shown.columns],
            pinned_columns=[f"summary:{shown.metric}"],
        ),
        auto_generate_panels=False,
    )


def chosen(shown: Shown) -> expr.And:
    """Which runs of the project are of the experiment."""
    group = expr.Metric("Group") == shown.group
    if shown.trials_seed is None:
        return expr.And(group)
    return expr.And(group, expr.Config("seed") != shown.trials_seed)


def decision(shown: Shown) -> workspaces.Section:
    """What decides: its mean over the seeds, and how it depends on what the runs differ in."""
    column = reports.ParallelCoordinatesPlotColumn
    axes = [column(metric=reports.Config(name)) for name in shown.columns]
    axes.append(column(metric=reports.SummaryMetric(shown.metric)))
    panels: list[reports.PanelTypes] = [
        reports.BarPlot(
            title=shown.metric,
            metrics=[shown.metric],
            groupby_aggfunc="mean",
            max_runs_to_show=MOST_RUNS,
            max_bars_to_show=MOST_RUNS,
        ),
        reports.ParallelCoordinatesPlot(title="Settings and what came of them", columns=axes),
        reports.ParameterImportancePlot(with_respect_to=shown.metric),
    ]
    return workspaces.Section(name="What decides", panels=panels, is_open=True)


def curves() -> workspaces.Section:
    """Learning curves over the updates."""
    panels: list[reports.PanelTypes] = [
        reports.LinePlot(title=name, x=STEP, y=[name], max_runs_to_show=MOST_RUNS)
        for name in CURVES
    ]
    return workspaces.Section(name="Learning curves", panels=panels, is_open=True)
