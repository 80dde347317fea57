"""Which inputs move one output: the instrument finds what is there, and touches nothing."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.model.build import transformer
from tests.options import option
from tests.probes.subjects import SHALLOW, a_batch, changed, everything, subject
from whynorm.data.vocabulary import PAD
from whynorm.model.transformer import Transformer
from whynorm.norms.batch import BatchNorm
from whynorm.norms.layer import LayerNorm
from whynorm.norms.minmax import MinMaxNorm
from whynorm.probes import dependency as instrument
from whynorm.probes.dependency import LEAST, WAYS, By, depends, moved, reach, shown, still
from whynorm.probes.subject import Examined, logits
from whynorm.results.cubes import SHARED

REAL = torch.arange(4) < torch.tensor([[4], [3]])


def x() -> Tensor:
    return torch.randn(2, 4, 6, dtype=torch.float64)


def test_a_maximum_is_moved_by_lifting_and_a_minimum_by_lowering_any_number() -> None:
    for extreme in (torch.amax, torch.amin):
        found = moved(lambda x, of=extreme: of(x, 0)[None], torch.randn(5), 1, by="editing")
        assert (found > LEAST).all()


def test_a_gradient_is_followed_to_the_number_where_the_maximum_stands() -> None:
    numbers = torch.randn(5)
    found = moved(lambda x: x.max()[None], numbers, 1, by="gradient")
    assert found.tolist() == [float(number == numbers.max()) for number in numbers]


@pytest.mark.parametrize("by", WAYS)
def test_one_feature_of_layer_norm_depends_on_all_features_of_its_token_alone(by: By) -> None:
    expected = torch.zeros(2, 4, 6, dtype=torch.bool)
    expected[1, 2] = True
    assert torch.equal(depends(LayerNorm(6), x(), REAL, (1, 2, 3), by=by), expected)


@pytest.mark.parametrize("by", WAYS)
def test_one_token_of_batch_norm_depends_on_all_real_tokens_only_while_training(by: By) -> None:
    found = depends(BatchNorm(6).train(), x(), REAL, (1, 2), by=by)
    assert torch.equal(found, REAL[..., None].expand(2, 4, 6))
    later = depends(BatchNorm(6).eval(), x(), REAL, (1, 2, 3), by=by)
    assert later.nonzero().tolist() == [[1, 2, 3]]


def test_editing_finds_every_token_of_a_range_and_the_gradient_its_two_ends() -> None:
    norm, numbers = MinMaxNorm(6, over="tokens").train(), x()
    cell = next(
        (b, t, 3)
        for b, t in REAL.nonzero().tolist()
        if numbers[..., 3][REAL].min() < numbers[b, t, 3] < numbers[..., 3][REAL].max()
    )
    edited, followed = (depends(norm, numbers, REAL, cell, by=by) for by in WAYS)
    assert (int(edited.sum()), int(followed.sum())) == (int(REAL.sum()), 3)


@pytest.mark.parametrize("by", WAYS)
def test_a_norm_that_is_examined_learns_nothing(by: By) -> None:
    norm = BatchNorm(6).train()
    depends(norm, torch.randn(2, 4, 6), REAL, (1, 2), by=by)
    assert (norm.running_mean == 0).all() and (norm.running_var == 1).all()
    assert all(weight.grad is None for weight in norm.parameters())
    assert norm.weight is not None and norm.weight.dtype == torch.float32


Seen = dict[tuple[object, object], set[object]]
BATCH = a_batch(0, (4, 3, 5))


def tiny(norm: str = "layer", decoder_norm: str | None = None, fill: str = "fused") -> Transformer:
    """A Transformer of one layer a side."""
    return transformer(norm, "post", *SHALLOW, decoder_norm=decoder_norm, fill=fill)


def seen(model: Transformer, folder: Path, mask: str = "paper") -> Seen:
    """What the scores depend on, by mode and way of asking."""
    answers: Seen = {}
    for row in instrument.dependency(subject(model, mask=mask, validation=[BATCH]), folder):
        inputs = answers.setdefault((row["mode"], row["by"]), set())
        inputs |= {row["inputs"]} if row["depends"] == "yes" else set()
    return answers


def alike(*inputs: str, evaluating: tuple[str, ...] | None = None) -> Seen:
    """Answers that editing and the gradient agree on, the own past and the source among them."""
    later = inputs if evaluating is None else evaluating
    modes = {"training": inputs, "evaluating": later}
    always = ("own past", "source")
    return {(mode, by): {*always, *more} for mode, more in modes.items() for by in WAYS}


ANYWHERE = ("own future", "padding of target", "padding of source")
CAUGHT = {
    "a mask that peeks": (tiny(), "peek", ("own future",)),
    "a decoder norm across time": (tiny(decoder_norm="instance"), "paper", ("own future",)),
    "no cross padding mask": (tiny(), "no_cross_padding", ("padding of source",)),
    "a fill that multiplies": (tiny(fill="multiply"), "paper", ANYWHERE),
}


@pytest.mark.parametrize(("model", "mask", "inputs"), CAUGHT.values(), ids=CAUGHT)
def test_what_lets_in_more_than_the_paper_is_caught(
    model: Transformer, mask: str, inputs: tuple[str, ...], tmp_path: Path
) -> None:
    assert seen(model, tmp_path, mask) == alike(*inputs)


def test_under_the_papers_masks_scores_depend_on_the_own_past_and_source_alone(
    tmp_path: Path,
) -> None:
    assert seen(tiny(), tmp_path) == alike()


def test_batch_norms_let_the_batch_in_while_training_and_not_when_evaluating(
    tmp_path: Path,
) -> None:
    expected = alike("own future", "other sentences", evaluating=())
    assert seen(tiny("batch"), tmp_path) == expected


@pytest.mark.long
@pytest.mark.parametrize("by", WAYS)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluating"])
@pytest.mark.parametrize(
    ("mask", "norm"), [("paper", "layer"), ("peek", "layer"), ("paper", "batch")]
)
def test_embeddings_that_move_the_scores_are_the_words_that_do(
    mask: str, norm: str, training: bool, by: By
) -> None:
    batch, place = shown(BATCH, 4)
    model, rules = still(tiny(norm), training=training), option("mask", mask)
    _, target = reach(model, rules, batch, place, by=by)
    before = logits(still(model, training=training), rules, batch)[place]
    for sentence, time in (batch.target[:, 1:-1] != PAD).nonzero().tolist():
        words = batch.target.clone()
        words[sentence, time + 1] += 1 if words[sentence, time + 1] < 29 else -1
        edited = batch._replace(target=words)
        after = logits(still(model, training=training), rules, edited)[place]
        if bool(batch.target[sentence, time + 2] != PAD):
            assert (target[sentence, time + 1] > LEAST) == (not torch.equal(before, after))


def test_a_batch_without_padding_is_given_some() -> None:
    batch, _ = shown(a_batch(0, (5, 5)), 4)
    assert (batch.source == PAD).any() and (batch.target == PAD).any()


def test_the_shortest_and_the_longest_sentence_are_shown_and_one_with_a_future_is_asked() -> None:
    lengths = (9, 2, 7, 3, 8, 6, 4)
    batch, (row, time) = shown(a_batch(0, lengths), 3)
    shorter = (batch.source != PAD).sum(1).tolist()
    assert (shorter[0], len(shorter), shorter[-1]) == (2, 3, 9)
    assert 0 < time < shorter[row]


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluating"])
def test_a_model_that_is_examined_stays_exactly_as_it_was(training: bool, tmp_path: Path) -> None:
    model = transformer("batch", "post", *SHALLOW, "model.dropout=0.5").train(training)
    before = everything(model)
    instrument.dependency(subject(model, validation=[BATCH]), tmp_path)
    assert changed(before, model) == []


@pytest.mark.long
def test_dropout_is_off_while_training_is_examined(tmp_path: Path) -> None:
    dropouts = [(*SHALLOW, f"model.dropout={p}") for p in (0.0, 0.5)]
    models = [transformer("layer", "post", *overrides) for overrides in dropouts]
    subjects = [subject(model, validation=[BATCH]) for model in models]
    one, two = (instrument.dependency(each, tmp_path) for each in subjects)
    assert one == two


@pytest.mark.long
def test_the_picture_colours_the_tokens_that_move_the_scores(tmp_path: Path) -> None:
    model, rules = tiny("instance"), option("mask", "paper")
    batch, place = shown(BATCH, 4)
    examined = subject(model, validation=[batch])
    instrument.dependency(examined, tmp_path)
    moving = 0
    for training in (True, False):
        found = reach(still(model, training=training), rules, batch, place, by="editing")
        moving += sum(int((side > LEAST).sum()) for side in found) - 1  # the position is red
    svg = (tmp_path / "dependency.svg").read_text()
    assert len(re.findall(f"fill: {SHARED}", svg)) == moving


@pytest.mark.long
def test_the_picture_shows_the_words_of_real_tokens_alone(tmp_path: Path) -> None:
    model = tiny()
    plain = subject(model, validation=[BATCH]).examined()

    def spell(ids: Sequence[int]) -> list[str]:
        return ["nothing" if number == PAD else f"word{number}" for number in ids]

    named = Examined(model, plain.rules, plain.batches, plain.training_batches, spell, spell)
    instrument.dependency(subject(model)._replace(examined=lambda: named), tmp_path)
    svg = (tmp_path / "dependency.svg").read_text()
    assert "word" in svg and "nothing" not in svg
