"""What a multirun sweeps over: axes, each with labels, each label with the overrides behind it."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hydra.core.override_parser.types import Override

from whynorm.tasks.refusal import Refused, choices

ARM, SEED = "arm", "seed"
Bundles = Mapping[str, Mapping[Any, Sequence[str]]]  # a label may be a number


class Axis(NamedTuple):
    """One thing that is swept: under each label, what it is overridden with."""

    name: str
    labels: dict[str, list[str]]


class Cell(NamedTuple):
    """One job: its label on every axis, and the overrides that make it."""

    swept: dict[str, str]
    overrides: list[str]


class Plan(NamedTuple):
    """The axes of a multirun, and what all of its jobs have in common."""

    axes: list[Axis]
    shared: list[str]

    def cells(self) -> list[Cell]:
        """Every job; seeds change last, so that an early end leaves every arm with as many."""
        slowest = sorted(self.axes, key=lambda axis: axis.name != SEED)
        products = itertools.product(*(axis.labels for axis in slowest))
        names = [axis.name for axis in slowest]
        return [self.cell(dict(zip(names, labels, strict=True))) for labels in products]

    def cell(self, labels: Mapping[str, str]) -> Cell:
        """The job with these labels."""
        swept = {axis.name: labels[axis.name] for axis in self.axes}
        own = [one for axis in self.axes for one in axis.labels[labels[axis.name]]]
        return Cell(swept, [*self.shared, *own])

    def sample(self, most: int) -> list[list[str]]:
        """The overrides of jobs in which all labels meet that could clash.

        Seeds clash with nothing: each is in one job. Of other labels every combination is there,
        or each label once where there are more than `most` combinations.
        """
        first = {axis.name: next(iter(axis.labels)) for axis in self.axes}
        others = [axis for axis in self.axes if axis.name != SEED]
        names = [axis.name for axis in others]
        if math.prod(len(axis.labels) for axis in others) <= most:
            every = itertools.product(*(axis.labels for axis in others))
            found = [{**first, **dict(zip(names, labels, strict=True))} for labels in every]
        else:
            found = [first, *one_by_one(others, first)]
        seeds = [axis for axis in self.axes if axis.name == SEED]
        return [self.cell(labels).overrides for labels in (*found, *one_by_one(seeds, first))]


def one_by_one(axes: Sequence[Axis], first: Mapping[str, str]) -> list[dict[str, str]]:
    """For each label but the first of each axis, the first labels with this one among them."""
    return [{**first, axis.name: label} for axis in axes for label in list(axis.labels)[1:]]


def planned(given: Sequence[Override], params: Sequence[Override], bundles: Bundles) -> Plan:
    """The plan of a command: its own sweeps, on top of those of the experiment that it names.

    Raises Refused for a label that a bundle does not have.
    """
    said = {override.get_key_element(): override for override in given}
    axes = [bundle(name, labels, said.get(name)) for name, labels in bundles.items()]
    values = {override.get_key_element(): override for override in params}
    for key, override in said.items():
        if key not in bundles and (key in values or override.is_sweep_override()):
            values[key] = override
    axes += [Axis(key, alternatives(override)) for key, override in values.items()]
    named = {axis.name for axis in axes}
    shared = [one.input_line or "" for one in given if one.get_key_element() not in named]
    return Plan(sorted(axes, key=lambda axis: axis.name == SEED), shared)


def bundle(name: str, behind: Mapping[Any, Sequence[str]], said: Override | None) -> Axis:
    """The axis of a bundle, with the labels that the command chooses; all where it is silent."""
    labels = {str(label): list(overrides) for label, overrides in behind.items()}
    chosen = list(labels) if said is None else [str(value) for value in values_of(said)]
    for label in chosen:
        if label not in labels:
            raise Refused(f"{name}={label}: there is no such arm; {choices(label, labels)}")
    mark = [f"{ARM}={label}" for label in chosen] if name == ARM else [""] * len(chosen)
    pairs = zip(chosen, mark, strict=True)
    return Axis(name, {label: [*labels[label], *([one] if one else [])] for label, one in pairs})


def values_of(override: Override) -> list[Any]:
    """The plain values that an override stands for."""
    if not override.is_sweep_override():
        return [override.value()]
    return [text.strip("'\"") for text in override.sweep_string_iterator()]


def alternatives(override: Override) -> dict[str, list[str]]:
    """Under each value of an override, the plain override; none for a continuous range."""
    key = override.get_key_element()
    if not override.is_sweep_override():
        value = override.get_value_element_as_str()
        return {value: [f"{key}={value}"]}
    if not override.is_discrete_sweep():
        raise Refused(
            f"{override.input_line} is a range without steps: name its values, or tune it "
            "with tune=true where the experiment says between what"
        )
    return {str(value): [f"{key}={value}"] for value in override.sweep_string_iterator()}


def expanded(given: Sequence[Override], bundles: Bundles) -> list[str]:
    """The overrides of a single run, the label of an arm followed by what is behind it."""
    found = []
    for override in given:
        key = override.get_key_element()
        if key in bundles:
            found += next(iter(bundle(key, bundles[key], override).labels.values()))
        else:
            found.append(override.input_line or "")
    return found
