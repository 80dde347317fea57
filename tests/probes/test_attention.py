"""What attention weighs: equal to loops over single weights, and the model left as it was."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.model.build import example, transformer
from tests.options import option
from tests.probes.subjects import a_batch, as_text, batches, changed, everything, subject
from whynorm.data.batch import teacher_forced
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Transformer
from whynorm.probes.attention import attention, labels, masses, read, sentence
from whynorm.probes.subject import Row

SITES = ("encoder", "decoder", "cross")


def found(mask: str, fill: str = "fused", model: Transformer | None = None) -> list[Row]:
    return masses(model or transformer(fill=fill), option("mask", mask), batches())


def of_site(rows: list[Row], site: str, column: str) -> list[float]:
    return [float(row[column]) for row in rows if row["site"] == site]


def by_hand(model: Transformer, rules: Rules) -> dict[tuple[str, int, int], list[float]]:
    """Mass on padding and the future, entropy and normalised entropy, weight by weight."""
    each: dict[tuple[str, int, int], list[list[float]]] = {}
    for batch in batches():
        shown = teacher_forced(batch)
        masks = rules(shown.source_real, shown.real)
        for site, layer, weights, visible in read(model, shown.source, shown.inputs, masks):
            queries = shown.source_real if site == "encoder" else shown.real
            keys = shown.real if site == "decoder" else shown.source_real
            seen = visible.expand(weights.shape)
            for row, head, query in zip(*torch.where(weights[..., 0] >= 0), strict=True):
                if queries[row, query]:
                    of = weights[row, head, query], seen[row, head, query], keys[row]
                    place = site, layer, int(head) + 1
                    each.setdefault(place, []).append(of_query(*of, int(query)))
    return {place: means(many) for place, many in each.items()}


def of_query(weights: Tensor, seen: Tensor, real: Tensor, query: int) -> list[float]:
    padding = future = entropy = 0.0
    for key, weight in enumerate(weights.tolist()):
        padding += 0.0 if real[key] else weight
        future += weight if real[key] and key > query else 0.0
        entropy -= weight * math.log(weight) if weight > 0 else 0.0
    count = int(seen.sum())
    return [padding, future, entropy, entropy / math.log(count) if count > 1 else math.nan]


def means(many: list[list[float]]) -> list[float]:
    """The mean of each column, NaN left out."""
    kept = [[one for one in column if not math.isnan(one)] for column in zip(*many, strict=True)]
    return [sum(column) / len(column) for column in kept]


@pytest.mark.parametrize("mask", ["paper", "none", "no_encoder_padding", "wrong_axis", "window"])
def test_masses_and_entropies_equal_a_loop_over_every_weight(mask: str) -> None:
    model = transformer()
    expected = by_hand(model, option("mask", mask))
    rows = found(mask, model=model)
    assert [(r["site"], r["layer"], r["head"]) for r in rows] == sorted(
        expected, key=lambda place: (SITES.index(place[0]), *place[1:])
    )
    for row in rows:
        padding, future, *entropies = expected[row["site"], row["layer"], row["head"]]  # type: ignore[index]
        future = future if row["site"] == "decoder" else math.nan
        values = list(row.values())[3:]
        assert values == pytest.approx([padding, future, *entropies], abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("fill", ["fused", "minus_infinity", "add_minus_1e9", "multiply"])
def test_under_the_papers_masks_no_weight_lies_on_padding_or_on_the_future(fill: str) -> None:
    rows = found("paper", fill)
    assert {row["mass on padding"] for row in rows} == {0.0}
    assert set(of_site(rows, "decoder", "mass on the future")) == {0.0}


def test_without_look_ahead_every_decoder_head_weighs_the_future() -> None:
    rows = found("no_look_ahead")
    assert min(of_site(rows, "decoder", "mass on the future")) > 0
    assert {row["mass on padding"] for row in rows} == {0.0}


def test_peeking_weighs_less_of_the_future_than_seeing_it_all() -> None:
    peeking, seeing = (
        sum(of_site(found(mask), "decoder", "mass on the future"))
        for mask in ("peek", "no_look_ahead")
    )
    assert 0 < peeking < seeing


@pytest.mark.parametrize("site", ["encoder", "cross"])
def test_without_a_sites_padding_mask_its_heads_weigh_padding(site: str) -> None:
    rows = found(f"no_{site}_padding")
    for other in SITES:
        assert (min(of_site(rows, other, "mass on padding")) > 0) == (other == site)


def test_right_padding_is_the_future_and_look_ahead_hides_it_from_real_queries() -> None:
    assert set(of_site(found("no_decoder_padding"), "decoder", "mass on padding")) == {0.0}


def test_left_padding_is_the_past_and_needs_the_decoders_padding_mask() -> None:
    left = [a_batch(0, side="left")]
    with_mask, without = (
        masses(transformer(), option("mask", mask), left)
        for mask in ("paper", "no_decoder_padding")
    )
    assert set(of_site(with_mask, "decoder", "mass on padding")) == {0.0}
    assert min(of_site(without, "decoder", "mass on padding")) > 0


def test_queries_of_zero_weight_make_attention_uniform_over_what_is_visible() -> None:
    model = transformer()
    for name, parameter in model.named_parameters():
        if "query_key_value" in name:
            parameter.data[:16] = 0.0
    real = teacher_forced(batches()[0]).source_real.sum(-1)
    rows = masses(model, option("mask", "paper"), batches()[:1])
    expected = float((real * real.log()).sum() / real.sum())
    assert of_site(rows, "encoder", "entropy in nats") == pytest.approx([expected] * 8, abs=1e-6)
    assert [row["normalised entropy"] for row in rows] == pytest.approx([1.0] * 24, abs=1e-6)


def test_the_weights_are_those_that_the_attention_used() -> None:
    model = transformer(fill="minus_1e9", qk_norm="l2").eval()
    source, target, source_real, target_real = example()
    masks = option("mask", "paper")(source_real, target_real)
    used: list[Tensor] = []
    model.fill.weights = lambda scores, visible: remembered(used, scores, visible)
    weights = [one.weights for one in read(model, source, target, masks)]
    assert all(torch.equal(*pair) for pair in zip(used[::2], used[1::2], strict=True))
    assert len(weights) * 2 == len(used)


def remembered(used: list[Tensor], scores: Tensor, visible: Tensor) -> Tensor:
    """The weights of the fill, of which a copy is kept."""
    used.append(scores.masked_fill(~visible, -1e9).softmax(-1))
    return used[-1]


def test_a_row_that_is_nan_for_real_queries_is_reported_as_nan() -> None:
    rows = found("inverted", "minus_infinity")
    assert all(math.isnan(value) for value in of_site(rows, "encoder", "entropy in nats"))


@pytest.mark.long
@pytest.mark.parametrize("training", [True, False])
def test_the_model_is_left_as_it_was_found(training: bool, tmp_path: Path) -> None:
    model = transformer("batch", "post", "model.dropout=0.1").train(training)
    model.encoder.layers[0].eval()
    before = everything(model)
    attention(subject(model), tmp_path)
    assert changed(before, model) == []


def test_hooks_are_removed_though_the_model_fails() -> None:
    model = transformer()
    source, target, source_real, target_real = example()
    masks = option("mask", "paper")(source_real, target_real)
    with pytest.raises(IndexError):
        read(model, source, target + 100, masks)
    assert not any(module._forward_pre_hooks for module in model.modules())


def test_a_picture_of_each_site_is_left_in_both_formats(tmp_path: Path) -> None:
    attention(subject(transformer()), tmp_path)
    for site in SITES:
        assert (tmp_path / f"attention-{site}.png").read_bytes().startswith(b"\x89PNG")
        text = (tmp_path / f"attention-{site}.svg").read_text()
        assert (">&lt;begin&gt;<" in text) == (site != "encoder")


@pytest.mark.parametrize("mask", ["paper", "no_encoder_padding"])
def test_padding_is_a_column_where_it_has_weight(mask: str, tmp_path: Path) -> None:
    examined = subject(transformer(), mask=mask, validation=[a_batch(0, (7, 5))])
    attention(examined, tmp_path, shortest=2, longest=7)
    drawn = (tmp_path / "attention-encoder.svg").read_text()
    assert (">padding<" in drawn) == (mask == "no_encoder_padding")


@pytest.mark.parametrize(
    ("shortest", "longest", "place"),
    [(6, 14, (0, 0)), (2, 7, (0, 1)), (2, 4, (1, 1)), (6, 8, (1, 0)), (40, 50, (0, 0))],
)
def test_the_sentence_is_the_first_of_these_lengths_or_else_the_first(
    shortest: int, longest: int, place: tuple[int, int]
) -> None:
    every = [a_batch(0, (7, 5, 3)), a_batch(1, (6, 2))]
    batch, number = sentence(every, shortest, longest)
    assert ([batch is one for one in every].index(True), number) == place


def test_begin_is_named_and_every_other_token_is_its_word() -> None:
    assert labels(as_text, torch.tensor([2, 7, 9])) == ["<begin>", "7", "9"]
