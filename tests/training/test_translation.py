import pytest

from tests.training.tiny import loader, tiny_batch, tiny_module, tiny_trainer
from whynorm.data.corpus import Pair
from whynorm.training.moving_average import MovingAverage
from whynorm.training.translation import ValidationTranslation

PAIRS = [Pair(f"quelle {n}", f"a source with the number {n}") for n in range(5)]
BATCH = tiny_batch([[4, 5, 6], [7]])


def validated(wrong: int, count: int = 5) -> tuple[dict[str, float], ValidationTranslation]:
    """What was logged and the callback, if `wrong` translations lack their last word."""

    def translate(texts: list[str]) -> list[str]:
        targets = [dict(PAIRS)[text] for text in texts]
        return [text.rsplit(" ", 1)[0] for text in targets[:wrong]] + targets[wrong:]

    callback = ValidationTranslation(translate, PAIRS[:count])
    trainer = tiny_trainer(callbacks=[callback])
    found = trainer.validate(tiny_module(), loader(BATCH, BATCH), verbose=False)[0]
    return dict(found), callback


def test_right_translations_have_a_bleu_of_100() -> None:
    assert validated(wrong=0)[0]["val/bleu"] == pytest.approx(100)


def test_worse_translations_have_a_lower_bleu() -> None:
    assert validated(wrong=3)[0]["val/bleu"] < validated(wrong=1)[0]["val/bleu"] < 100


def test_exact_match_is_the_share_of_right_sentences() -> None:
    assert validated(wrong=2)[0]["val/exact_match"] == pytest.approx(3 / 5)


def test_samples_are_the_first_sentences_with_their_translations() -> None:
    samples = validated(wrong=1)[1].samples
    assert [(s.source, s.reference) for s in samples] == [tuple(pair) for pair in PAIRS[:3]]
    assert samples[0].translation == "a source with the number"


def test_without_sentences_nothing_is_logged() -> None:
    assert "val/bleu" not in validated(wrong=0, count=0)[0]


@pytest.mark.parametrize("first", ["translation", "moving average"])
def test_what_translates_is_what_is_validated(first: str) -> None:
    module, seen = tiny_module(rate=0.5), []

    def translate(texts: list[str]) -> list[str]:
        seen.append(module.model.embedding.output.weight.detach().clone())
        return texts

    callbacks = [ValidationTranslation(translate, PAIRS), MovingAverage(decay=0.9)]
    ordered = callbacks if first == "translation" else callbacks[::-1]
    trainer = tiny_trainer(callbacks=ordered)
    trainer.fit(module, loader(*[BATCH] * 4), loader(BATCH))
    # When training has ended the weights are the average that was validated last.
    assert seen[-1].equal(module.model.embedding.output.weight)
