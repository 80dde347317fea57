import importlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.benchmarks.fakes import Missing, Steady
from tests.benchmarks.sentences import SIZES
from whynorm.benchmarks.contest import Outcome, Row
from whynorm.benchmarks.given import Moment
from whynorm.benchmarks.minutes import Look, Plan, extrapolated, lines, reached, rows
from whynorm.benchmarks.quality import Looks, Other, notebook_lot
from whynorm.data.corpus import Corpus, Pair
from whynorm.data.vocabulary import UNKNOWN

LONG = "Two dogs run over the green grass ."
PAIRS = [Pair(f"{number}", f"{LONG} {number}") for number in range(2)]
CORPUS = Corpus(PAIRS, PAIRS[:1], {"test": PAIRS[1:], "other": PAIRS}, "de", "en")
PLAN = Plan(target=36.0, batches=2, batches_an_epoch=100, epochs=10)
ROUNDS = Outcome(
    [Row("notebook", number, 1.0, seconds, 1.0, 0) for number, seconds in ((1, 1.0), (2, 3.0))],
    {},
    {},
)


def look(updates: int, validation: float, test: float = 0.0) -> Look:
    return Look(
        Moment(updates, updates / 100, 10 * updates, 60.0 * updates), 30.0, validation, test
    )


LOOKS = [look(1, 20.0, 21.0), look(2, 36.0, 37.0), look(3, 35.0, 34.0)]


def said(looks: Sequence[Look], outcome: Outcome = ROUNDS) -> dict[str, object]:
    return {str(row["what"]): row["measured"] for row in lines(looks, outcome, PLAN, "test")}


class Learner:
    """Knows the answer from the given look on, and has taken a second for every update."""

    corpus = CORPUS

    def __init__(self, knows_at: int) -> None:
        self.knows_at, self.looks = knows_at, 0

    def train(self, *, every: int, threads: int, look: Callable[[Moment], bool]) -> None:
        for number in range(1, 5):
            self.looks = number
            if look(Moment(number * every, 1.0, 1, float(number * every))):
                return

    def translate(self, texts: Sequence[str]) -> list[str]:
        answers = {pair.source: pair.target.upper() for pair in PAIRS}
        return [answers[text] if self.looks >= self.knows_at else "" for text in texts]


def watched(knows_at: int) -> tuple[Looks, list[int]]:
    """What was seen of a learner, and the rounds that the other was asked for."""
    learner, turns = Learner(knows_at), list[int]()
    looks = Looks(learner, 36.0, turns.append)
    learner.train(every=10, threads=1, look=looks)
    return looks, turns


def test_training_ends_at_the_first_look_at_the_target() -> None:
    assert [one.moment.updates for one in watched(knows_at=2)[0].seen] == [10, 20]


def test_training_goes_on_to_its_end_where_the_target_is_never_reached() -> None:
    assert len(watched(knows_at=9)[0].seen) == 4


def test_the_other_has_its_turn_at_every_look() -> None:
    assert watched(knows_at=3)[1] == [1, 2, 3]


def test_bleu_at_a_look_does_not_know_capital_letters() -> None:
    assert watched(knows_at=1)[0].seen[0].validation_bleu == pytest.approx(100.0)


def test_the_first_test_set_is_translated_beside_the_validation_split() -> None:
    looks = watched(knows_at=1)[0]
    assert (looks.test, looks.seen[0].test_bleu) == ("test", pytest.approx(100.0))


def test_the_target_is_reached_at_the_first_validation_bleu_that_equals_it() -> None:
    assert reached(LOOKS, 36.0) == LOOKS[1]


def test_the_minutes_end_at_the_target() -> None:
    assert said(LOOKS)["ours: training until then, min"] == 2.0


def test_evaluations_after_the_target_are_not_counted() -> None:
    assert said(LOOKS)["ours: with evaluations until then, min"] == 3.0


def test_test_bleu_is_that_at_the_target() -> None:
    assert said(LOOKS)["ours: test BLEU then"] == 37.0


def test_test_bleu_reaches_no_target() -> None:
    assert reached([look(1, 35.9, 40.0)], 36.0) is None


def test_a_target_never_reached_is_said_beside_the_best_look() -> None:
    found = said([look(1, 30.0), look(2, 33.0), look(3, 31.0)])
    assert found["ours: updates at the best look, the target not reached"] == 2


def test_a_target_never_reached_has_no_ratio() -> None:
    assert said([look(1, 30.0)])["notebook ÷ ours, training"] is None


def test_the_notebooks_time_is_its_mean_seconds_a_batch_times_all_batches() -> None:
    assert extrapolated(ROUNDS, PLAN) == pytest.approx((1.0 + 3.0) / (2 * 2) * 100 * 10)


def test_the_ratio_is_of_the_notebooks_time_to_ours() -> None:
    assert said(LOOKS)["notebook ÷ ours, training"] == pytest.approx(1000.0 / 120.0)


def test_a_notebook_that_took_no_part_has_no_time() -> None:
    found = said(LOOKS, Outcome([], {"notebook": "gone"}, {}))
    assert found["notebook: 10 epochs, extrapolated, min"] is None


def test_every_look_has_the_notebooks_round_beside_it() -> None:
    found = [(row["updates"], row["notebook_seconds"]) for row in rows(LOOKS, ROUNDS, "test")]
    assert found == [(1, 1.0), (2, 3.0), (3, None)]


def test_the_other_warms_up_before_its_first_turn(tmp_path: Path) -> None:
    other = Other(partial(Steady, tmp_path / "diary", "notebook"), 1)
    other.turn(1)
    other.seat.leave()
    assert (tmp_path / "diary").read_text().split("\n")[1:3] == ["notebook0", "notebook1"]
    assert [row.round for row in other.outcome.rows] == [1]


def test_another_that_fails_is_absent_with_the_reason() -> None:
    other = Other(Missing, 1)
    other.turn(1)
    other.seat.leave()
    assert other.outcome.absent == {"notebook": "a_package_that_nobody_has is not installed"}


def test_the_notebook_knows_lower_cased_words_seen_twice() -> None:
    pairs = [Pair("Ein Hund rennt", "A dog runs"), Pair("ein Kind rennt", "a child runs")]
    lot, target, _ = notebook_lot(Corpus(pairs, pairs, {}, "de", "en"), 1, sentences=2, batches=1)
    sources = [one.source for batch in lot.examples(0) for one in batch]
    assert [one.count(UNKNOWN) for one in sources] == [1, 1]
    assert (lot.vocabulary, target) == (4 + 2, 4 + 2)


def test_an_epoch_of_the_notebook_has_each_sentence_once() -> None:
    lot, _, batches = notebook_lot(CORPUS, 1, sentences=1, batches=1)
    assert sorted(one.index for r in lot.rounds for b in r for one in b) == [0, 1]
    assert batches == 2


def test_the_notebooks_target_has_a_vocabulary_of_its_own() -> None:
    translator = importlib.import_module("benchmarks.peers.notebook").Translator(SIZES, 20)
    tables = translator.encoder.tokens, translator.decoder.tokens
    assert [one.num_embeddings for one in tables] == [SIZES.vocabulary, 20]
    assert translator.output.out_features == 20
