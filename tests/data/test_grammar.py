"""The grammar corpus: drawn anew each time alike, as long and as deep as asked, a function."""

import os
import re
import subprocess
import sys
from random import Random
from typing import Any

import pytest

from whynorm.data.corpus import Corpus, Pair
from whynorm.data.grammar import grammar
from whynorm.data.language.lexicon import Lexicon, smallest
from whynorm.data.language.sentences import Sentences, spoken
from whynorm.data.language.syntax import Clause, Phrase, Sentence


def tokens(line: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", line)


def everything(corpus: Corpus) -> list[Pair]:
    return [pair for pairs in corpus.splits.values() for pair in pairs]


def depth(tree: Sentence | Clause | Phrase | None) -> int:
    if isinstance(tree, Sentence):
        below = 1 if tree.link and tree.link.subordinate else 0
        return max(depth(tree.first), below + depth(tree.second) if tree.second else 0)
    if isinstance(tree, Clause):
        parts = {"subject": tree.subject, "object": tree.object}
        inner = 1 + depth(tree.complement) if tree.complement else 0
        phrases = [part for place, part in parts.items() if place != tree.gap]
        return max(inner, *(depth(part) for part in phrases if isinstance(part, Phrase)), 0)
    return 1 + depth(tree.relative) if tree is not None and tree.relative else 0


def trees(nesting: int, words: int, lengths: range, count: int) -> list[Sentence]:
    random = Random(1)
    source = Sentences(Lexicon(words), nesting, random)
    drawn = (source.draw(random.choice(lengths)) for _ in range(count))
    return [tree for tree in drawn if tree is not None]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return grammar(pairs=800, held_out=60, seed=3)


@pytest.mark.parametrize("options", [{}, {"source": "en", "target": "de", "nesting": 0}])
def test_every_process_draws_the_same_corpus(options: dict[str, str | int]) -> None:
    code = (
        "from whynorm.data.grammar import grammar;"
        f"print(grammar(pairs=150, held_out=10, words=150, **{options!r}).sha256)"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1


def test_the_seed_decides_the_sentences() -> None:
    first, second = (grammar(pairs=100, held_out=5, words=120, seed=seed) for seed in (1, 2))
    assert first.sha256 != second.sha256


@pytest.mark.parametrize("side", [0, 1], ids=["German", "English"])
def test_each_sentence_has_one_translation_however_often_it_is_drawn(side: int) -> None:
    seen: dict[str, str] = {}
    drawn = [spoken(tree) for tree in trees(2, smallest(), range(4, 8), 5000)]
    conflicts = [pair for pair in drawn if seen.setdefault(pair[side], pair[1 - side]) not in pair]
    assert len(seen) < len(drawn) - 100
    assert conflicts == []


@pytest.mark.parametrize("side", ["source", "target"])
def test_no_sentence_stands_twice_in_one_split_or_two(corpus: Corpus, side: str) -> None:
    lines = [getattr(pair, side) for pair in everything(corpus)]
    assert len(set(lines)) == len(lines)


def test_the_splits_are_as_large_as_asked(corpus: Corpus) -> None:
    sizes = {name: len(pairs) for name, pairs in corpus.splits.items()}
    assert sizes == {"train": 800, "validation": 60, "test": 60}


def test_fixed_lengths_are_all_the_same() -> None:
    drawn = grammar(pairs=150, held_out=10, lengths="fixed", length=9)
    assert {len(tokens(pair.source)) for pair in everything(drawn)} == {9}


def test_uniform_lengths_are_equally_many_from_four_up() -> None:
    drawn = grammar(pairs=260, held_out=13, lengths="uniform", length=10)
    lengths = [len(tokens(pair.source)) for pair in drawn.train]
    assert {length: lengths.count(length) for length in set(lengths)} == dict.fromkeys(
        range(4, 17), 20
    )


def test_long_tailed_lengths_have_the_asked_mean(corpus: Corpus) -> None:
    lengths = [len(tokens(pair.source)) for pair in corpus.train]
    assert sum(lengths) / len(lengths) == pytest.approx(10, abs=0.05)


def test_long_tailed_lengths_reach_three_times_further_up_than_down(corpus: Corpus) -> None:
    lengths = sorted(len(tokens(pair.source)) for pair in corpus.train)
    assert lengths[-1] - 10 > 3 * (10 - lengths[0]) - 2 and lengths[len(lengths) // 2] < 10


@pytest.mark.parametrize("nesting", [0, 1, 2, 3])
def test_clauses_nest_as_deep_as_asked_and_no_deeper(nesting: int) -> None:
    assert max(depth(tree) for tree in trees(nesting, 200, range(12, 30), 500)) == nesting


def test_without_nesting_there_is_no_subordinate_clause() -> None:
    drawn = everything(grammar(pairs=200, held_out=2, nesting=0, words=90))
    below = re.compile(r"\b(weil|dass|obwohl|wenn|als)\b|, (?!aber)")
    assert [pair.source for pair in drawn if below.search(pair.source)] == []


@pytest.mark.parametrize("side", ["source", "target"])
def test_held_out_words_all_stand_in_the_training_sentences(corpus: Corpus, side: str) -> None:
    known = {word for pair in corpus.train for word in tokens(getattr(pair, side))}
    held_out = [*corpus.validation, *corpus.tests["test"]]
    assert {word for pair in held_out for word in tokens(getattr(pair, side))} <= known


def test_more_words_make_a_larger_vocabulary() -> None:
    few, many = (grammar(pairs=200, held_out=1, words=words) for words in (100, 280))
    sizes = [len({w for pair in c.train for w in tokens(pair.source)}) for c in (few, many)]
    assert sizes[1] > 1.5 * sizes[0]


def test_english_to_german_is_german_to_english_turned_round() -> None:
    options: dict[str, Any] = {"pairs": 100, "held_out": 5, "words": 150}
    there, back = grammar(**options), grammar(**options, source="en", target="de")
    assert [Pair(pair.target, pair.source) for pair in back.train] == there.train


def test_the_languages_are_named_in_the_corpus() -> None:
    drawn = grammar(pairs=100, held_out=2, words=90, source="en", target="de")
    assert (drawn.source_language, drawn.target_language) == ("en", "de")


def test_the_lowest_reachable_loss_is_zero(corpus: Corpus) -> None:
    assert corpus.lowest_loss == 0.0


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"pairs": 0}, "pairs=0 is not a whole number from 1 to 1000000"),
        ({"held_out": -1}, "held_out=-1 is not a whole number from 1"),
        ({"length": 3}, "length=3 is not a whole number from 4 to 20"),
        ({"nesting": 9}, "nesting=9 is not a whole number from 0 to 4"),
        ({"nesting": True}, "nesting=True is not a whole number"),
        ({"words": 7}, f"words=7 is not a whole number from {smallest()} to"),
        ({"lengths": "short"}, "lengths=short is unknown: choose one of fixed, uniform, long_tail"),
        ({"source": "fr"}, "source=fr is unknown: choose one of de, en"),
        ({"target": "de"}, "source=de and target=de are one language: choose de and en"),
    ],
)
def test_a_wrong_option_is_refused_in_one_sentence(option: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        grammar(**option)


def test_more_short_sentences_than_there_are_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("whynorm.data.grammar._PATIENCE", 50)
    told = r"length=4 with lengths=fixed, words=\d+: there are fewer than 3000 different"
    with pytest.raises(ValueError, match=told):
        grammar(pairs=3000, lengths="fixed", length=4, words=smallest(), nesting=0)
