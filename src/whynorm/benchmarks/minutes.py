"""What a training that was looked at came to: its minutes to a target, beside a notebook's."""

from collections.abc import Sequence
from typing import NamedTuple

from whynorm.benchmarks.contest import Outcome
from whynorm.benchmarks.given import Moment
from whynorm.benchmarks.record import Cell

MINUTE = 60


class Look(NamedTuple):
    """What was seen at a moment of our training, BLEU in percent."""

    moment: Moment
    evaluation_seconds: float
    validation_bleu: float
    test_bleu: float


class Plan(NamedTuple):
    """What ours is to reach, and the notebook's batches at each look and an epoch, and epochs."""

    target: float
    batches: int
    batches_an_epoch: int
    epochs: int


def reached(looks: Sequence[Look], target: float) -> Look | None:
    """The first look at which validation BLEU is the target or more."""
    return next((one for one in looks if one.validation_bleu >= target), None)


def best(looks: Sequence[Look]) -> Look:
    """The look with the highest validation BLEU, the first of equals."""
    return max(looks, key=lambda one: one.validation_bleu)


def evaluation_seconds(looks: Sequence[Look], until: Look) -> float:
    """The seconds of translating the validation split, up to and with that look."""
    updates = until.moment.updates
    return sum(one.evaluation_seconds for one in looks if one.moment.updates <= updates)


def seconds_a_batch(outcome: Outcome, plan: Plan) -> float | None:
    """The notebook's mean over all batches of all looks; None where it took no part."""
    if not outcome.rows:
        return None
    return sum(row.seconds for row in outcome.rows) / (plan.batches * len(outcome.rows))


def extrapolated(outcome: Outcome, plan: Plan) -> float | None:
    """The notebook's seconds of all epochs: seconds a batch, times all batches."""
    each = seconds_a_batch(outcome, plan)
    return None if each is None else each * plan.batches_an_epoch * plan.epochs


def lines(looks: Sequence[Look], outcome: Outcome, plan: Plan, test: str) -> list[dict[str, Cell]]:
    """The rows of the table; without a target reached, those of the best look, said to be that."""
    found = reached(looks, plan.target)
    shown = found or best(looks)
    where = "then" if found else "at the best look, the target not reached"
    alone = shown.moment.seconds
    whole = alone + evaluation_seconds(looks, shown)
    notebook = extrapolated(outcome, plan)
    said: dict[str, Cell] = {
        "BLEU to reach": plan.target,
        f"ours: training {'until then' if found else where}, min": alone / MINUTE,
        f"ours: with evaluations {'until then' if found else where}, min": whole / MINUTE,
        f"ours: updates {where}": shown.moment.updates,
        f"ours: epochs {where}": shown.moment.epochs,
        f"ours: validation BLEU {where}": shown.validation_bleu,
        f"ours: {test} BLEU {where}": shown.test_bleu,
        "notebook: s a batch": seconds_a_batch(outcome, plan),
        "notebook: batches an epoch": plan.batches_an_epoch,
        f"notebook: {plan.epochs} epochs, extrapolated, min": notebook and notebook / MINUTE,
        "notebook ÷ ours, training": notebook / alone if notebook and found else None,
        "notebook ÷ ours with evaluations": notebook / whole if notebook and found else None,
    }
    return [{"what": what, "measured": value} for what, value in said.items()]


def rows(looks: Sequence[Look], outcome: Outcome, test: str) -> list[dict[str, Cell]]:
    """Every look, with the notebook's round beside it."""
    seconds = {row.round: row.seconds for row in outcome.rows}
    return [
        {
            "look": number,
            **look.moment._asdict(),
            "evaluation_seconds": look.evaluation_seconds,
            "validation_bleu": look.validation_bleu,
            f"{test}_bleu": look.test_bleu,
            "notebook_seconds": seconds.get(number),
        }
        for number, look in enumerate(looks, start=1)
    ]
