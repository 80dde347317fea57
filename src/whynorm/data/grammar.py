"""The embedded corpus: German sentences with their one English translation, and none to fetch."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from random import Random

from whynorm.data.corpus import Corpus, Pair
from whynorm.data.language.lexicon import Lexicon, largest, smallest
from whynorm.data.language.sentences import Sentences, spoken

LENGTHS = ("fixed", "uniform", "long_tailed")
LANGUAGES = ("de", "en")
SHORTEST, LONGEST, LONGEST_MEAN, DEEPEST = 4, 40, 20, 4
# The spread of the logarithm of the length in "long_tailed".
_SPREAD = 0.4
# A held-out word stands so often in the training sentences (less often in a small corpus).
ENOUGH = 5
# So many attempts for each sentence that is still missing before the corpus is given up.
_PATIENCE = 2000


def grammar(
    *,
    pairs: int = 20000,
    held_out: int = 500,
    lengths: str = "long_tailed",
    length: int = 10,
    nesting: int = 2,
    words: int = 291,
    seed: int = 0,
    source: str = "de",
    target: str = "en",
) -> Corpus:
    """German-English sentences from a grammar, each the only translation of the other.

    `pairs` are for training, `held_out` for validation and as many for the test set "test"; no
    sentence of either language occurs twice. `length` is the mean number of German words and
    marks under each of the distributions `lengths`: "fixed" has no other length, "uniform" goes
    from the shortest possible sentence as far above the mean as below it, "long_tailed" is a
    log-normal cut off at three times the mean, or at the longest sentence that can be built.
    `nesting` bounds how deep subordinate clauses stand in one another; `words` counts dictionary
    entries (nouns, names, verbs, adjectives, adverbials; function words come on top). Held-out
    sentences use words of the training sentences only. As each translation is a function of its
    source, a perfect model's loss is 0.

    Raises ValueError where an option is out of range, or where the options leave too few
    different sentences.
    """
    sizes = {"pairs": pairs, "held_out": held_out, "length": length}
    _check({**sizes, "nesting": nesting, "words": words})
    _check_choice("lengths", lengths, LENGTHS)
    _check_languages(source, target)
    random = Random(seed)
    options = f"length={length} with lengths={lengths}, words={words}"
    supply = _Supply(Sentences(Lexicon(words), nesting, random), random, options)
    train, validation, test = supply.splits(pairs, held_out, shares(lengths, length))
    if source == "en":
        train, validation, test = _turned(train), _turned(validation), _turned(test)
    notes: dict[str, int | float | str] = {"nesting": nesting, "lengths": lengths, "words": words}
    return Corpus(train, validation, {"test": test}, source, target, notes, lowest_loss=0.0)


def _turned(pairs: list[Pair]) -> list[Pair]:
    return [Pair(pair.target, pair.source) for pair in pairs]


def shares(lengths: str, length: int) -> dict[int, float]:
    """The share of the sentences that each German length takes; the mean is `length`."""
    if lengths == "fixed":
        return {length: 1.0}
    if lengths == "uniform":
        span = range(SHORTEST, 2 * length - SHORTEST + 1)
        return {n: 1 / len(span) for n in span}
    low, high = 1.0, 3.0 * length
    for _ in range(60):
        median = (low + high) / 2
        weights = _log_normal(median, range(SHORTEST, min(3 * length, LONGEST) + 1))
        mean = sum(n * share for n, share in weights.items())
        low, high = (median, high) if mean < length else (low, median)
    return weights


def _log_normal(median: float, span: range) -> dict[int, float]:
    raw = {n: math.exp(-0.5 * (math.log(n / median) / _SPREAD) ** 2) / n for n in span}
    total = sum(raw.values())
    return {n: weight / total for n, weight in raw.items()}


def quotas(count: int, weights: dict[int, float]) -> dict[int, int]:
    """How many of `count` sentences have which length; the largest remainders round up."""
    exact = {n: count * weight for n, weight in weights.items()}
    whole = {n: int(value) for n, value in exact.items()}
    by_remainder = sorted(exact, key=lambda n: (whole[n] - exact[n], n))
    for n in by_remainder[: count - sum(whole.values())]:
        whole[n] += 1
    return whole


class _Supply:
    """Ever new pairs, none of whose sentences was given out before."""

    def __init__(self, sentences: Sentences, random: Random, options: str) -> None:
        self.sentences, self.random, self.options = sentences, random, options
        self.german: set[str] = set()
        self.english: set[str] = set()

    def splits(
        self, pairs: int, held_out: int, weights: dict[int, float]
    ) -> tuple[list[Pair], list[Pair], list[Pair]]:
        """Training, validation and test sentences; the last two hold words of the first only."""
        train = self.draw(pairs, weights)
        known = _familiar(train)
        return train, self.draw(held_out, weights, known), self.draw(held_out, weights, known)

    def draw(
        self, count: int, weights: dict[int, float], known: tuple[set[str], set[str]] | None = None
    ) -> list[Pair]:
        """`count` new pairs of the asked lengths in random order, of `known` words if given."""
        drawn = []
        for length, quota in quotas(count, weights).items():
            supply = self._new(length, quota, known)
            drawn += [next(supply) for _ in range(quota)]
        self.random.shuffle(drawn)
        return drawn

    def _new(
        self, length: int, quota: int, known: tuple[set[str], set[str]] | None
    ) -> Iterator[Pair]:
        waited = 0
        while waited < _PATIENCE:
            pair, waited = self._one(length), waited + 1
            if pair is None or not _within(pair, known) or not self._fresh(pair):
                continue
            waited = 0
            yield pair
        held_out = "" if known is None else " in words of the training sentences"
        remedy = "fewer pairs" if known is None else "more pairs to train with, fewer held out"
        raise ValueError(
            f"{self.options}: there are fewer than {quota} different sentences of {length}"
            f" words{held_out}; ask for {remedy}, longer sentences or more words"
        )

    def _one(self, length: int) -> Pair | None:
        sentence = self.sentences.draw(length)
        return Pair(*spoken(sentence)) if sentence else None

    def _fresh(self, pair: Pair) -> bool:
        if pair.source in self.german or pair.target in self.english:
            return False
        self.german.add(pair.source)
        self.english.add(pair.target)
        return True


def _familiar(train: list[Pair]) -> tuple[set[str], set[str]]:
    """The words of either language that the training sentences hold often enough to be learnt."""
    enough = min(ENOUGH, 1 + len(train) // 2000)
    german = Counter(word for pair in train for word in _words(pair.source))
    english = Counter(word for pair in train for word in _words(pair.target))
    return (
        {word for word, count in german.items() if count >= enough},
        {word for word, count in english.items() if count >= enough},
    )


def _within(pair: Pair, known: tuple[set[str], set[str]] | None) -> bool:
    if known is None:
        return True
    return known[0].issuperset(_words(pair.source)) and known[1].issuperset(_words(pair.target))


def _words(line: str) -> list[str]:
    return re.findall(r"\w+", line)


def _check(options: dict[str, int]) -> None:
    ranges = {
        "pairs": (1, 1_000_000),
        "held_out": (1, 100_000),
        "length": (SHORTEST, LONGEST_MEAN),
        "nesting": (0, DEEPEST),
        "words": (smallest(), largest()),
    }
    for name, value in options.items():
        low, high = ranges[name]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"{name}={value!r} is not a whole number from {low} to {high}")


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name}={value} is unknown: choose one of {', '.join(choices)}")


def _check_languages(source: str, target: str) -> None:
    _check_choice("source", source, LANGUAGES)
    _check_choice("target", target, LANGUAGES)
    if source == target:
        raise ValueError(f"source={source} and target={target} are one language: choose de and en")
