"""The German and the English of the grammar corpus are right, by rules written out here again."""

import re

import pytest

from whynorm.data.corpus import Corpus, Pair
from whynorm.data.grammar import grammar

SINGULAR_FINITE = "hat ist war wird kann muss will soll".split()
PLURAL_FINITE = "haben sind waren werden können müssen wollen sollen".split()
FINITE = {*SINGULAR_FINITE, *PLURAL_FINITE, *"habe hast bin bist warst werde wirst".split()}
PREFIXED = re.compile(r"(auf|zu|an|aus)mach(e|st|t|en)$")
# Article or its like and gender ("p": plural) to the ending of the adjective between them.
ENDINGS = {
    "m": {"der": "e", "den": "en", "dem": "en", "ein": "er", "einen": "en", "einem": "en",
          "mein": "er", "meinen": "en", "meinem": "en", "dieser": "e", "kein": "er"},
    "f": {"die": "e", "der": "en", "eine": "e", "einer": "en", "meine": "e", "meiner": "en",
          "diese": "e", "keine": "e", "jede": "e"},
    "n": {"das": "e", "dem": "en", "ein": "es", "einem": "en", "mein": "es", "meinem": "en",
          "dieses": "e", "kein": "es", "ins": "e"},
    "p": {"die": "en", "den": "en", "meine": "en", "meinen": "en", "diese": "en", "keine": "en"},
}  # fmt: skip
OTHER = {*"die das der den dem mit und aber oft".split(), *"zwei drei unser unsere".split()}
OTHER |= {*"ein eine einen mein meine meinen".split()}
GENDERS = {
    "Mann": "m", "Hund": "m", "Hut": "m", "Brief": "m", "Frau": "f", "Katze": "f", "Lampe": "f",
    "Jacke": "f", "Kind": "n", "Arzt": "m", "Gast": "m", "Junge": "m", "Freund": "m",
    "Schwester": "f", "Lehrerin": "f", "Künstlerin": "f", "Tasche": "f",
    "Buch": "n", "Bild": "n", "Auto": "n", "Haus": "n", "Männer": "p",
    "Frauen": "p", "Kinder": "p", "Kindern": "p", "Hunde": "p", "Bilder": "p", "Briefe": "p",
}  # fmt: skip
# Read and found right by hand.
GOLDEN = (
    Pair(
        "Der Nachbar des Arztes weiß, dass du ihnen gedankt hast.",
        "The doctor's neighbour knows that you thanked them.",
    ),
    Pair(
        "Wenn die freundliche Frau dem Nachbarn das Geschenk bringt, rennst du zum Fluss.",
        "When the friendly woman brings the neighbour the present, you run to the river.",
    ),
    Pair(
        "Ich suche die Uhren, die auf der Bank gelegen haben.",
        "I am looking for the clocks that lay on the bench.",
    ),
    Pair(
        "Sie macht meine kleine Lampe aus, weil ich den Mann abhole.",
        "She is switching off my small lamp because I am picking up the man.",
    ),
    Pair("Ich höre dem Freund zu.", "I am listening to the friend."),
    Pair("Ein Gast hat keinen langen Brief geschrieben.", "A guest did not write a long letter."),
    Pair(
        "Obwohl der müde Vater der Lehrerin zuhört, sprechen sie mit ihr.",
        "Although the tired father is listening to the teacher, they are speaking with her.",
    ),
    Pair("Am Morgen kommen drei alte Männer zurück.", "In the morning three old men come back."),
    Pair("In der Schule haben sie dich oft gesucht.", "At the school, they often looked for you."),
    Pair("Bin ich nicht zur Schule gegangen?", "Did I not go to the school?"),
    Pair(
        "Als der Arzt zum Bahnhof gegangen ist, sind die Schwestern oft ins Dorf gerannt.",
        "When the doctor went to the station, the sisters often ran into the village.",
    ),
    Pair(
        "Maria und Paul verkaufen dieses grüne Fahrrad und Anna will die Tante anrufen.",
        "Maria and Paul are selling this green bicycle, and Anna wants to call the aunt.",
    ),
)


def tokens(line: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", line)


def everything(corpus: Corpus) -> list[Pair]:
    return [pair for pairs in corpus.splits.values() for pair in pairs]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return grammar(pairs=1500, held_out=100, seed=3)


@pytest.fixture(scope="module")
def german(corpus: Corpus) -> list[str]:
    return [pair.source for pair in everything(corpus)]


@pytest.fixture(scope="module")
def below(german: list[str]) -> list[list[str]]:
    """The words of the last subordinate clause of sentences that end in one."""
    ends = (re.search(r"\b(?:weil|dass|obwohl|wenn|als) ([^,]+)\.$", line) for line in german)
    return [end[1].split() for end in ends if end]


@pytest.fixture(scope="module")
def plain(german: list[str]) -> list[list[str]]:
    """The words of sentences of one main clause."""
    return [tokens(s)[:-1] for s in german if not re.search(r",| (und|aber|wenn|als|weil) |\?", s)]


@pytest.mark.parametrize(
    ("nouns", "wrong"),
    [
        ("(Der|Das|Die) (Mann|Kind|Frau|Hund|Arzt|Mutter)", PLURAL_FINITE),
        ("(Die|Diese|Zwei) (Männer|Kinder|Frauen|Hunde|Ärzte|Gäste)", SINGULAR_FINITE),
    ],
    ids=["singular", "plural"],
)
def test_german_verbs_agree_with_their_subject(
    german: list[str], nouns: str, wrong: list[str]
) -> None:
    right = SINGULAR_FINITE if wrong is PLURAL_FINITE else PLURAL_FINITE
    assert [line for line in german if re.match(f"{nouns} ({'|'.join(wrong)}) ", line)] == []
    assert any(re.match(f"{nouns} ({'|'.join(right)}) ", line) for line in german)


@pytest.mark.parametrize(
    ("nouns", "right", "wrong"),
    [
        ("The (man|child|woman|dog|doctor|mother)", "is|was|does", "are|were|do|have"),
        ("The (men|children|women|dogs|doctors|guests)", "are|were|do", "is|was|does|has"),
    ],
    ids=["singular", "plural"],
)
def test_english_verbs_agree_with_their_subject(
    corpus: Corpus, nouns: str, right: str, wrong: str
) -> None:
    lines = [pair.target for pair in everything(corpus)]
    assert [line for line in lines if re.match(f"{nouns} ({wrong}) ", line)] == []
    assert any(re.match(f"{nouns} ({right}) ", line) for line in lines)


def test_a_finite_auxiliary_ends_its_subordinate_clause(below: list[list[str]]) -> None:
    placed = [clause.index(word) - len(clause) for clause in below for word in FINITE & {*clause}]
    assert len(placed) > 50
    assert set(placed) == {-1}


def test_a_finite_auxiliary_never_ends_a_main_clause(plain: list[list[str]]) -> None:
    assert [words for words in plain if words[-1] in FINITE] == []


def test_a_separable_prefix_ends_its_main_clause(plain: list[list[str]]) -> None:
    opening = [words for words in plain if {*words} & {"macht", "machst", "mache", "machen"}]
    assert len(opening) > 5
    assert {words[-1] for words in opening} <= {"auf", "zu", "an", "aus", "aufmachen", "zumachen"}


def test_a_separable_prefix_joins_its_verb_in_a_subordinate_clause(below: list[list[str]]) -> None:
    opening = [clause for clause in below if re.search("mach(e|st|t|en)$", clause[-1])]
    assert len(opening) > 3
    assert [clause for clause in opening if not PREFIXED.match(clause[-1])] == []


def test_adjectives_end_as_a_declension_table_says(german: list[str]) -> None:
    wrong, seen = [], set()
    for line in german:
        for article, adjective, noun in re.findall(r"(?=\b(\w+) ([a-zäöüß]+) ([A-ZÄÖÜ]\w+))", line):
            gender = GENDERS.get(noun)
            ending = ENDINGS.get(gender or "", {}).get(article.lower())
            if gender and ending and adjective not in OTHER:
                seen.add((gender, article.lower()))
                stem = re.sub("(e|en|er|es|em)$", "", adjective)
                wrong += [] if adjective == stem + ending else [(article, adjective, noun)]
    assert len(seen) > 15
    assert wrong == []


def test_relative_pronouns_agree_with_the_noun_before_them(german: list[str]) -> None:
    allowed = {"m": {"der", "den", "dem"}, "f": {"die", "der"}, "n": {"das", "dem"},
               "p": {"die", "denen"}}  # fmt: skip
    pairs = [
        (noun, pronoun)
        for line in german
        for noun, pronoun in re.findall(r"(\w+), (der|die|das|den|dem|denen) [^.]*", line)
        if noun in GENDERS
    ]
    assert len(pairs) > 5
    assert [pair for pair in pairs if pair[1] not in allowed[GENDERS[pair[0]]]] == []


def test_lines_begin_with_a_capital_and_end_with_a_mark(corpus: Corpus) -> None:
    shape = re.compile(r"[A-ZÄÖÜ][\w']*(,? [\w']+)*[.?]")
    assert [line for pair in everything(corpus) for line in pair if not shape.fullmatch(line)] == []


def test_a_seed_gives_the_sentences_that_were_read_by_hand() -> None:
    drawn = grammar(pairs=300, held_out=5, seed=7, words=200).train
    assert [pair for pair in GOLDEN if pair not in drawn] == []
