"""CTranslate2 computes what our own model and searches do."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.export.models import TOKENS, rules, sentences, transformer
from whynorm.data.vocabulary import BEGIN, PAD, Vocabularies
from whynorm.data.words import Words
from whynorm.decoding.beam import Beam
from whynorm.decoding.greedy import Greedy
from whynorm.decoding.search import Hypothesis, Search, translate
from whynorm.export.agreement import difference
from whynorm.model.transformer import Transformer

ctranslate2 = pytest.importorskip("ctranslate2")
ctranslate = pytest.importorskip("whynorm.export.ctranslate")

WORDS = Words([chr(97 + number) for number in range(TOKENS - 4)], lower_case=False)
VOCABULARIES = Vocabularies(WORDS, WORDS, joint=True)
SOURCE, EXTRA = sentences([6] * 8, seed=3), 9
UNTIED, LEARNED = "model.embedding.tied=false", "model/embedding=learned"
PLAIN = ("norm.weight=false", "norm.bias=false")
MODELS: dict[str, Callable[[], Transformer]] = {
    "post, tied, sinusoidal": partial(transformer, joint=True),
    "post, untied, learnt": partial(transformer, "layer", LEARNED, UNTIED),
    "post, rms": partial(transformer, "rms"),
    "pre, tied, learnt": partial(transformer, "layer", LEARNED, placement="pre", joint=True),
    "pre, untied, sinusoidal": partial(transformer, "layer", UNTIED, placement="pre"),
    "pre, rms": partial(transformer, "rms", placement="pre"),
    "norms scaled by depth": partial(transformer, placement="lns"),
    "weighted branches": partial(transformer, placement="rezero"),
    "no final norm": partial(transformer, "rms", placement="t_fixup"),
    "rms, then layer": partial(transformer, "rms", decoder_norm="layer", placement="pre"),
    "norms without weights": partial(transformer, "layer", *PLAIN, placement="pre"),
    "a large eps": partial(transformer, "rms", "norm.eps=0.5"),
}
MAIN = [name for name in MODELS if name.startswith(("pre", "post"))]
SEARCHES: dict[int, Search] = {
    1: Greedy(extra_tokens=EXTRA),
    5: Beam(width=5, length_penalty=0.0, extra_tokens=EXTRA),
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives the folder of a model, written when it is first asked for."""
    root = tmp_path_factory.mktemp("exported")

    def folder(name: str) -> Path:
        if not (root / name).exists():
            ctranslate.write(MODELS[name](), rules(), VOCABULARIES, root / name, reach=40)
        return root / name

    return folder


def engine_of(folder: Path) -> Any:
    return ctranslate2.Translator(str(folder), intra_threads=1)


def translated(folder: Path, beam: int) -> list[tuple[list[int], float]]:
    """Ids and score of what CTranslate2 makes of the sources."""
    found = engine_of(folder).translate_batch(
        [[str(number) for number in row] for row in SOURCE.tolist()],
        beam_size=beam,
        length_penalty=0,
        min_decoding_length=0,
        max_decoding_length=SOURCE.shape[1] + EXTRA,
        return_scores=True,
    )
    return [([*map(int, one.hypotheses[0])], one.scores[0]) for one in found]


def ours(model: Transformer, beam: int) -> list[Hypothesis]:
    """What our own search makes of them."""
    with torch.inference_mode():
        return [one[0] for one in translate(model, rules(), SOURCE, search=SEARCHES[beam])]


@pytest.mark.parametrize("name", MODELS)
def test_log_probabilities_equal_those_of_the_model(
    name: str, exported: Callable[[str], Path]
) -> None:
    score = partial(ctranslate.scores, exported(name))
    assert difference(MODELS[name](), rules(), score) < 1e-5


@pytest.mark.parametrize("beam", SEARCHES)
@pytest.mark.parametrize("name", MAIN)
def test_translations_equal_those_of_our_search(
    name: str, beam: int, exported: Callable[[str], Path]
) -> None:
    expected = [hypothesis.ids for hypothesis in ours(MODELS[name](), beam)]
    assert [ids for ids, _ in translated(exported(name), beam)] == expected


@pytest.mark.parametrize("beam", SEARCHES)
def test_scores_of_translations_equal_those_of_our_search(
    beam: int, exported: Callable[[str], Path]
) -> None:
    expected = [hypothesis.score for hypothesis in ours(MODELS[MAIN[0]](), beam)]
    found = [score for _, score in translated(exported(MAIN[0]), beam)]
    assert found == pytest.approx(expected, abs=1e-4)


def test_padding_and_begin_are_never_written(tmp_path: Path) -> None:
    model = transformer("layer", UNTIED, seed=5)
    with torch.no_grad():
        model.embedding.output.bias[[PAD, BEGIN]] = 100.0
    ctranslate.write(model, rules(), VOCABULARIES, tmp_path / "model", reach=40)
    written = {number for ids, _ in translated(tmp_path / "model", 1) for number in ids}
    assert not written & {PAD, BEGIN}


def test_sentences_of_different_lengths_do_not_change_each_other(
    exported: Callable[[str], Path],
) -> None:
    engine = engine_of(exported(MAIN[0]))
    rows = [["5", "6", "7", "8", "9"], ["4"], ["9", "9"]]
    alone = [engine.translate_batch([row])[0].hypotheses for row in rows]
    assert [one.hypotheses for one in engine.translate_batch(rows)] == alone


def test_what_ctranslate2_cannot_compute_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="norm=batch"):
        ctranslate.write(transformer("batch"), rules(), VOCABULARIES, tmp_path / "model", reach=40)
    assert list(tmp_path.iterdir()) == []


def test_a_score_that_strays_is_refused() -> None:
    model = transformer()
    with pytest.raises(ValueError, match="would change log-probabilities by"):
        difference(model, rules(), lambda batch: torch.zeros(int((batch.target > BEGIN).sum())))
