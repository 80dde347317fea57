"""The cards are what the norms do today, and a card can say everything that may go wrong."""

import math
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.options import CONF, option
from whynorm.norms.batch import BatchNorm
from whynorm.norms.instance import InstanceNorm
from whynorm.norms.layer import LayerNorm
from whynorm.norms.norm import Norm
from whynorm.probes.card import Card, card, measure, relative_time
from whynorm.probes.subject import Examined, MakeNorm, Subject
from whynorm.results.cards import QUESTIONS, page, read

EXPERIMENT = CONF.parent / "experiments" / "dependency"
TRUTH = {row["norm"]: row for row in read(EXPERIMENT / "truth.csv")}
RESULTS = {row["norm"]: row for row in read(EXPERIMENT / "results.csv")}
ROUNDED = ("bf16", "bf16 large", "fp16", "fp16 large")
EXACT = [name for name in QUESTIONS if name not in (*ROUNDED, "cost")]


def make(name: str) -> MakeNorm:
    """The norm of a row of the truth table, composed as the command line composes it."""
    first, *overrides = name.split()
    return option("norm", first.removeprefix("norm="), *overrides)


@cache
def measured(name: str) -> Card:
    torch.manual_seed(0)
    return measure(make(name), cost=False)


@pytest.mark.parametrize("name", TRUTH)
def test_a_norm_sees_by_editing_what_was_predicted(name: str) -> None:
    found = measured(name)
    predicted = [answer == "yes" for answer in [*TRUTH[name].values()][1:]]
    assert [*found.training, *found.evaluating] == predicted


@pytest.mark.parametrize("name", TRUTH)
def test_the_committed_answers_are_those_of_today(name: str) -> None:
    answers = measured(name).answers()
    assert {key: RESULTS[name][key] for key in EXACT} == {key: answers[key] for key in EXACT}


@pytest.mark.parametrize("name", TRUTH)
def test_the_committed_errors_in_half_precision_are_those_of_today(name: str) -> None:
    answers = measured(name).answers()
    for key in ROUNDED:
        one, two = (
            float(row[key].replace("not finite", "inf")) for row in (RESULTS[name], answers)
        )
        assert one == two or math.isclose(one, two, rel_tol=0.5)


def test_the_committed_table_has_the_rows_of_the_truth_table_and_no_others() -> None:
    assert [*RESULTS] == [*TRUTH]


def test_the_page_is_made_of_the_committed_table() -> None:
    docs = CONF.parent / "docs" / "norms.md"
    assert docs.read_text(encoding="utf-8") == page([*RESULTS.values()])


@pytest.mark.parametrize("name", TRUTH)
def test_a_norm_is_safe_with_a_cache_unless_it_says_that_it_looks_across_time(name: str) -> None:
    assert measured(name).cache == (not make(name)(8).across_time)


class Spread(Norm):
    """x itself, whose gradient is spread over the whole batch."""

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        y = x.clone()
        if y.requires_grad:
            y.register_hook(lambda gradient: gradient + gradient.sum())
        return y


class Detached(Norm):
    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        return x - x.detach().mean((0, 1))


class Careless(Norm):
    """Divides by the mean square of the real tokens in the precision it is given."""

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        n = real.sum()
        return x / ((x * x * real[..., None]).sum((0, 1)) / n).sqrt()


class Remembering(Norm):
    """Divides by one more than the number of batches it was trained on."""

    def __init__(self, d_model: int) -> None:
        super().__init__(d_model)
        self.register_buffer("batches", torch.ones(()))

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        y = x / self.batches
        self.batches = self.batches + self.training
        return y


def test_a_gradient_that_sees_more_than_the_output_is_told() -> None:
    answer = measure(Spread, cost=False).by_gradient
    assert "training others by gradient only" in answer
    assert "evaluating padding by gradient only" in answer


def test_an_output_that_sees_more_than_the_gradient_is_told() -> None:
    assert "training future by small edits only" in measure(Detached, cost=False).by_gradient


def test_within_its_limits_batch_renorm_sees_other_sentences_by_the_gradient_alone() -> None:
    [name] = [name for name in TRUTH if name.startswith("norm=batch_renorm norm.warmup")]
    found = measured(name)
    assert found.training.others
    assert "training others by gradient only" in found.by_gradient


def test_a_division_by_no_tokens_and_an_overflow_are_told_where_they_happen() -> None:
    answers = measure(Careless, cost=False).answers()
    broken = [question for question, answer in answers.items() if answer == "not finite"]
    assert broken == ["nothing real", "fp16 large"]


def test_a_norm_whose_output_moves_with_what_it_saw_before_drifts() -> None:
    assert measure(Remembering, cost=False).same_evaluating == "drifts"
    assert measure(BatchNorm, cost=False).same_evaluating == "no"
    assert measure(LayerNorm, cost=False).same_evaluating == "yes"


@pytest.mark.parametrize("norm", [BatchNorm, InstanceNorm])
def test_statistics_over_tokens_erase_a_token_that_is_alone(norm: MakeNorm) -> None:
    found = measure(norm, cost=False)
    assert (found.one_token, found.one_sentence) == ("erased", "yes")


def test_rounding_to_half_precision_costs_half_a_unit_in_the_last_place() -> None:
    class Rounded(Norm):
        def forward(self, x: Tensor, real: Tensor) -> Tensor:
            return (x.float() / 3).to(x.dtype) if x.dtype != torch.float64 else x / 3

    answers = measure(Rounded, cost=False).answers()
    for key, bits in (("bf16", 8), ("fp16", 11)):
        assert 2.0 ** -(bits + 2) < float(answers[key]) <= 2.0**-bits * 1.05


class Slow(LayerNorm):
    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        for _ in range(30):
            x = F.layer_norm(x, (self.d_model,))
        return x


def test_thirty_layer_norms_cost_many_times_as_much_as_one() -> None:
    assert relative_time(Slow(64), repetitions=5) > 8


def test_layer_norm_costs_as_much_as_itself() -> None:
    assert 0.3 < relative_time(LayerNorm(64)) < 3


def never() -> Examined:
    raise AssertionError("a card needs no model")


def subject(norm: MakeNorm) -> Subject:
    return Subject(
        title="tiny",
        norm=norm,
        decoder_norm=norm,
        rules=option("mask", "paper"),
        fill=option("mask_fill", "fused"),
        d_model=16,
        examined=never,
        norm_of=make,
    )


def test_the_card_answers_every_question_and_is_saved(tmp_path: Path) -> None:
    rows = card(subject(InstanceNorm), tmp_path, cost=False)
    assert [row["question"] for row in rows] == [*QUESTIONS.values()]
    saved = (tmp_path / "card.md").read_text()
    assert all(f"| {row['question']} | {row['answer']} |" in saved for row in rows)


def test_the_card_is_that_of_the_norm_at_the_models_width(tmp_path: Path) -> None:
    widths: list[int] = []
    card(
        subject(lambda d_model: widths.append(d_model) or LayerNorm(d_model)), tmp_path, cost=False
    )
    assert widths[0] == 16


def test_the_card_leaves_the_random_state_and_the_threads_alone(tmp_path: Path) -> None:
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    card(subject(BatchNorm), tmp_path)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
