import warnings

import pytest
import torch

from tests.decoding.tiny import TOKENS, option, rules, transformer
from whynorm.data.corpus import Pair
from whynorm.data.vocabulary import BEGIN, PAD, Vocabularies
from whynorm.decoding import translator as translator_module
from whynorm.decoding.beam import Beam
from whynorm.decoding.greedy import Greedy
from whynorm.decoding.search import Hypothesis, Search
from whynorm.decoding.translator import Translator, evaluating
from whynorm.model.transformer import Transformer

WORDS = "eins zwei drei vier acht neun zehn elf".split()
LINES = ["drei vier", "acht", "neun zehn elf eins eins", "", "zwei zwei zwei", " \t\u00a0 ", "vier"]


def vocabularies() -> Vocabularies:
    """As many words as the tiny model has embeddings for, besides the four special tokens."""
    found = option("vocabulary", "words", "vocabulary.minimum_count=1")(
        [Pair(" ".join(WORDS), " ".join(WORDS))]
    )
    assert len(found.source) == len(found.target) == TOKENS
    return found


def translator(
    search: Search | None = None,
    *,
    model: Transformer | None = None,
    size: int = 3,
    longest: int = 9,
) -> Translator:
    return Translator(
        model or transformer(),
        rules(),
        vocabularies(),
        search=search or Greedy(extra_tokens=3),
        sentences_per_batch=size,
        maximum_length=longest,
    )


@pytest.mark.parametrize("size", [1, 2, 100])
def test_the_translations_and_their_order_do_not_depend_on_the_batch_size(size: int) -> None:
    alone = [translator().translate([line])[0] for line in LINES]
    assert len(set(alone)) > 3
    assert translator(size=size).translate(LINES) == alone


def test_blank_lines_become_empty_ones() -> None:
    found = translator().translate(LINES)
    assert [found[3], found[5]] == ["", ""]
    assert all(text for number, text in enumerate(found) if number not in (3, 5))


def test_a_text_of_blank_lines_alone_is_translated() -> None:
    assert translator().translate(["", " "]) == ["", ""]


def test_no_lines_give_no_translations() -> None:
    assert translator().translate([]) == []


def test_a_line_that_is_too_long_is_cut_and_counted() -> None:
    lines = ["eins zwei drei vier", "eins zwei drei", "acht " * 500]
    with pytest.warns(UserWarning, match="2 of 3 lines are longer than 3 tokens"):
        found = translator(longest=3).translate(lines)
    assert found[0] == found[1]


def test_a_line_is_cut_where_the_learnt_positions_of_the_model_end() -> None:
    model = transformer(positions="learned")
    with pytest.warns(UserWarning, match="1 of 1 lines are longer than 256 tokens"):
        translator(model=model, longest=10_000).translate(["acht " * 300])


def test_lines_that_fit_are_translated_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        translator(longest=5).translate(LINES)


def test_unknown_words_are_translated_too() -> None:
    assert translator().translate(["drei Quastenflosser"])[0]


def test_alternatives_are_those_of_the_search_best_first() -> None:
    found = translator(Beam(width=4, n_best=3, extra_tokens=3)).alternatives(LINES)
    scores = [[one.score for one in several] for several in found]
    assert [len(several) for several in found] == [3, 3, 3, 1, 3, 1, 3]
    assert scores == [sorted(several, reverse=True) for several in scores]


@torch.no_grad()
def test_the_ids_of_a_translation_reproduce_its_score_when_teacher_forced() -> None:
    asked = translator()
    for (one,) in asked.alternatives(["neun zehn elf", "acht"]):
        source = torch.tensor([one.source_ids])
        target = torch.tensor([[BEGIN, *one.target_ids]])
        masks = rules()(source != PAD, target != PAD)
        logits = asked.model(source, target, masks)[0]
        logits[:, [PAD, BEGIN]] = -torch.inf
        following = [*one.target_ids, 3] if one.ended else one.target_ids
        gains = [float(row[i]) for row, i in zip(logits.log_softmax(1), following, strict=False)]
        assert sum(gains) == pytest.approx(one.score)


def test_the_mode_of_each_module_is_restored_after_translating() -> None:
    model = transformer("batch")
    model.train()
    model.encoder.eval()
    before = [module.training for module in model.modules()]
    translator(model=model).translate(LINES)
    assert [module.training for module in model.modules()] == before
    model.eval()


def test_translating_leaves_running_statistics_alone() -> None:
    model = transformer("batch").train()
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    translator(model=model).translate(LINES)
    assert all(buffer.equal(before[name]) for name, buffer in model.named_buffers())
    model.eval()


def test_a_model_can_be_trained_after_translating() -> None:
    model = transformer()
    translator(model=model).translate(LINES)
    source, target = torch.tensor([[4, 5]]), torch.tensor([[BEGIN, 6]])
    model(source, target, rules()(source != PAD, target != PAD)).sum().backward()
    assert model.embedding.target_table.weight.grad is not None
    model.zero_grad()


def test_the_mode_is_restored_where_translating_fails() -> None:
    model = torch.nn.Dropout()
    with pytest.raises(RuntimeError), evaluating(model):
        raise RuntimeError
    assert model.training


@pytest.mark.parametrize(
    ("size", "longest", "message"),
    [(0, 9, "sentences_per_batch=0 translates nothing"), (3, 0, "maximum_length=0 cuts every")],
)
def test_a_translator_refuses_what_makes_no_sense(size: int, longest: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        translator(size=size, longest=longest)


def test_batches_are_padded_to_a_multiple_of_positions(monkeypatch: pytest.MonkeyPatch) -> None:
    widths = []

    def seen(model: object, rules: object, source: torch.Tensor, *, search: Search) -> list[list]:
        widths.append(source.shape[1])
        return [[Hypothesis([], 0.0, True)] for _ in source]

    monkeypatch.setattr(translator_module, "translate", seen)
    one = translator()
    one.length_multiple = 8
    one.translate(LINES)
    assert set(widths) <= {8, 16} and len(widths) > 1
