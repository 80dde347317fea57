import hashlib
import os
import subprocess
import sys
import warnings
from multiprocessing import get_context

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whynorm.data.bpe import bpe
from whynorm.data.corpus import Pair
from whynorm.data.vocabulary import BEGIN, END, PAD, SPECIAL

PAIRS = [
    Pair(f"der Hund {n} schläft heute, weil es regnet.", f"the dog {n} sleeps, for it rains.")
    for n in range(50)
]
KNOWN = bpe(PAIRS, size=400, joint=True).source


def spaced(text: str) -> str:
    return " ".join(text.split())


@given(st.text())
def test_decoding_gives_back_any_text_up_to_white_space(text: str) -> None:
    assert KNOWN.decode(KNOWN.encode(text)) == spaced(text)


@pytest.mark.parametrize("text", ["<pad>", "<end> a", "Ġ Ċ", "\u2581a", "##a", "a@@ b"])
def test_text_that_looks_like_a_piece_comes_back(text: str) -> None:
    assert KNOWN.decode(KNOWN.encode(text)) == text


@given(st.text())
def test_no_text_is_taken_for_a_special_token(text: str) -> None:
    assert all(SPECIAL <= number < len(KNOWN) for number in KNOWN.encode(text))


def test_special_tokens_have_no_text() -> None:
    ids = KNOWN.encode("der Hund")
    assert KNOWN.decode([BEGIN, *ids, END, PAD, PAD]) == "der Hund"


def test_a_common_word_is_one_piece_and_a_new_one_is_several() -> None:
    assert (len(KNOWN.encode("Hund")), len(KNOWN.encode("Quastenflosser")) > 3) == (1, True)


def test_half_a_character_decodes_to_a_replacement_character() -> None:
    assert KNOWN.decode(KNOWN.encode("字")[:2]) == "\ufffd"


def test_the_size_is_that_which_was_asked_for() -> None:
    assert len(bpe(PAIRS, size=300, joint=True).source) == 300


def test_a_joint_vocabulary_is_one_for_both_languages() -> None:
    both = bpe(PAIRS, size=300, joint=True)
    assert both.joint and both.source is both.target


def test_separate_vocabularies_learn_each_their_own_language() -> None:
    both = bpe(PAIRS, size=400, joint=False)
    assert not both.joint
    assert len(both.source.encode("schläft")) < len(both.target.encode("schläft"))


def test_a_size_that_does_not_hold_all_bytes_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"vocabulary\.size=100 is too small .*; choose 260 or more"
    ):
        bpe(PAIRS, size=100, joint=True)


SCRIPT = """
import hashlib, random
from whynorm.data.bpe import bpe
from whynorm.data.corpus import Pair
draw = random.Random(0)
texts = ["".join(draw.choices("abcde ", k=40)) for _ in range(300)]
state = bpe([Pair(t, t[::-1]) for t in texts], size=500, joint=True).source.state()
print(hashlib.sha256(state["tokenizer"].encode()).hexdigest())
"""


def test_what_is_learnt_does_not_depend_on_the_process_or_its_threads() -> None:
    found = set()
    for seed, threads in (("0", "1"), ("1", "2"), ("2", "2")):
        chance = {"PYTHONHASHSEED": seed, "RAYON_NUM_THREADS": threads}
        command = [sys.executable, "-c", SCRIPT]
        found.add(subprocess.check_output(command, env={**os.environ, **chance}, text=True))
    assert len(found) == 1


def test_processes_that_fork_after_learning_say_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    bpe(PAIRS, size=300, joint=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        process = get_context("fork").Process(target=hashlib.sha256, args=(b"",))
        process.start()
    process.join()
    assert capfd.readouterr().err == ""
