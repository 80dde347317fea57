import pytest
from hypothesis import given
from hypothesis import strategies as st

from whynorm.data.corpus import Pair
from whynorm.data.vocabulary import BEGIN, END, PAD, UNKNOWN
from whynorm.data.words import Words, words

TEXT = 'Annas T-Shirt (rot), sagt er: "Nein!" Der Hund, der schläft … weiß_es nicht.'


def vocabulary(*texts: str, lower_case: bool = False, minimum_count: int = 1) -> Words:
    pairs = [Pair(text, text) for text in texts]
    made = words(pairs, lower_case=lower_case, minimum_count=minimum_count).source
    assert isinstance(made, Words)
    return made


def spaced(text: str) -> str:
    return " ".join(text.split())


@given(st.lists(st.text(), min_size=1))
def test_decoding_gives_back_every_text_of_known_words(texts: list[str]) -> None:
    known = vocabulary(*texts)
    assert [known.decode(known.encode(text)) for text in texts] == [spaced(text) for text in texts]


@given(st.text())
def test_a_text_has_no_ids_only_where_it_is_blank(text: str) -> None:
    assert bool(vocabulary("something").encode(text)) == bool(text.strip())


def test_how_many_words_are_remembered_changes_no_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = vocabulary(TEXT).encode(TEXT)
    monkeypatch.setattr("whynorm.data.words.MOST_REMEMBERED", 1)
    assert vocabulary(TEXT).encode(TEXT) == expected


def test_lower_cased_words_come_back_in_lower_case() -> None:
    known = vocabulary(TEXT, lower_case=True)
    assert known.decode(known.encode(TEXT)) == TEXT.lower()


def test_a_cased_vocabulary_tells_capitals_apart() -> None:
    known = vocabulary("Der der")
    assert len(set(known.encode("Der der"))) == 2


def test_a_lower_cased_vocabulary_does_not_tell_capitals_apart() -> None:
    known = vocabulary("Der der", lower_case=True)
    assert len(set(known.encode("Der der"))) == 1


def test_words_rarer_than_the_minimum_count_are_unknown() -> None:
    known = vocabulary("a a b", "b c", minimum_count=2)
    assert [number == UNKNOWN for number in known.encode("a b c d")] == [False, False, True, True]


def test_the_commonest_words_come_first_and_ties_stand_in_alphabetical_order() -> None:
    assert vocabulary("c b b a").tokens == ["b", "a", "c"]


def test_a_vocabulary_counts_its_four_special_tokens() -> None:
    assert len(vocabulary("a b b")) == 6


@pytest.mark.parametrize("text", ["schläft .", "( rot )", "Annas T - Shirt ."])
def test_marks_that_stand_apart_are_read_as_those_that_do_not(text: str) -> None:
    assert UNKNOWN not in vocabulary(TEXT).encode(text)


def test_a_word_that_touches_another_is_read_as_the_same_word_apart() -> None:
    known = vocabulary("der Hund")
    assert known.decode(known.encode("der-Hund")) == "der <unknown> Hund"


def test_special_tokens_have_no_text_except_the_unknown() -> None:
    known = vocabulary("a b")
    a, b = known.encode("a b")
    assert known.decode([BEGIN, a, UNKNOWN, b, END, PAD]) == "a <unknown> b"


def test_no_text_is_taken_for_a_special_token() -> None:
    assert set(vocabulary("a").encode("<pad> <unknown> <end>")) == {UNKNOWN}


def test_source_and_target_have_each_their_own_words() -> None:
    both = words([Pair("ein Hund", "a dog")], lower_case=True, minimum_count=1)
    assert not both.joint
    assert both.target.encode("ein Hund") == [UNKNOWN, UNKNOWN]


def test_a_minimum_count_below_1_is_refused() -> None:
    with pytest.raises(ValueError, match="minimum_count=0 keeps what never occurs; choose 1"):
        vocabulary("a", minimum_count=0)
