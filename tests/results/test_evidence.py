from pathlib import Path

import pytest

from whynorm.results.claims import Cell, Claim, Ground, Wording
from whynorm.results.evidence import answered, facts, found, require, sources

SUMMARY = """\
arm,sentences,metric,mean,low,high
layer,1,bleu,24.6431,19.5,29.7
layer,4,bleu,28.4172,21.6,36.2
layer,1,test_loss,1.61729,1.5,1.7
batch,1,bleu,,,
"""
COMPARISONS = """\
arm,sentences,metric,difference,verdict
batch,1,bleu,-23.699,worse
batch,4,bleu,-0.001,same
group,1,bleu,-12.0,worse
"""
WIDTH = "norm,width,features\nlayer,1024,1024\n"
README = (
    "# Rain\n\n<!-- answer -->\n**Answer.** Yes.\n\nruns 2: 2 done; seeds 1, 2\n<!-- /answer -->\n"
)
SETTINGS = "compare: {not_shown: Snow.}\n"


@pytest.fixture
def experiments(tmp_path: Path) -> Path:
    """Two experiments: one was run, the other not yet."""
    for name in ("rain", "snow"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "README.md").write_text("# Nothing yet\n")
        (tmp_path / name / "experiment.yaml").write_text(SETTINGS)
    texts = {"summary.csv": SUMMARY, "comparisons.csv": COMPARISONS, "width.csv": WIDTH}
    for name, text in {**texts, "README.md": README, "figure.svg": "<svg/>"}.items():
        (tmp_path / "rain" / name).write_text(text)
    (tmp_path / "rain/results.csv").write_text("seed\n1\n")
    return tmp_path


def cell(table: str, column: str, **row: str) -> Cell:
    return Cell(table=f"rain/{table}.csv", row=row, column=column)


def test_a_number_may_be_given_other_decimals(experiments: Path) -> None:
    where = cell("summary", "mean", arm="layer", sentences="1", metric="bleu")
    assert found(experiments, where.model_copy(update={"decimals": 1})) == "24.6"


def ground(verdict: str, **row: str | list[str]) -> Ground:
    """The comparisons with these labels have that verdict."""
    content = {"table": "rain/comparisons.csv", "row": row, "says": {"verdict": verdict}}
    return Ground.model_validate(content)


def claim(number: int = 1, **changes: object) -> Claim:
    """An answered claim."""
    said = Wording(claim="it rains", measured="rain", answer="By {amount}.")
    whole = {
        "number": number,
        "verdict": "holds",
        "en": said,
        "ko": said.model_copy(update={"claim": "비가 온다"}),
        "numbers": {"amount": cell("comparisons", "difference", arm="group")},
        "rests_on": [ground("worse", arm="group")],
        "figure": "rain/figure.svg",
        "experiments": ["rain"],
    }
    return Claim.model_validate({**whole, **changes})


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (cell("summary", "mean", arm="layer", sentences="1", metric="bleu"), "24.64"),
        (cell("summary", "mean", arm="layer", metric="test_loss"), "1.617"),
        (cell("comparisons", "difference", arm="batch", sentences="1"), "−23.70"),
        (cell("comparisons", "difference", arm="batch", sentences="4"), "+0.00"),
        (cell("comparisons", "sentences", arm="group"), "1"),
        (cell("width", "features", norm="layer"), "1,024"),
    ],
)
def test_a_number_is_written_as_its_measure_is(where: Cell, text: str, experiments: Path) -> None:
    assert found(experiments, where) == text


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (cell("summary", "mean", arm="layer"), "3 rows have arm = layer, and a number is taken f"),
        (cell("summary", "mean", arm="lair"), "0 rows have arm = lair, .* columns are arm, sent"),
        (cell("summary", "median", arm="batch"), "summary.csv has no column median; it has arm, "),
        (cell("summary", "mean", norm="batch"), "rain/summary.csv has no column norm"),
        (cell("summary", "mean", arm="batch"), "mean is '' at arm = batch: no number"),
        (cell("snow", "mean"), "experiments/rain/snow.csv is not there: publish"),
    ],
)
def test_a_number_that_is_not_there_once_is_refused(
    where: Cell, message: str, experiments: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        found(experiments, where)


def test_a_ground_stands_while_its_rows_say_so(experiments: Path) -> None:
    require(experiments, ground("worse", arm=["batch", "group"], sentences="1"))


def test_a_ground_that_fell_is_told_with_what_is_said_now(experiments: Path) -> None:
    message = (
        "experiments/rain/comparisons.csv no longer says verdict = worse at arm = batch, but same"
    )
    with pytest.raises(ValueError, match=message):
        require(experiments, ground("worse", arm="batch"))


def test_each_of_several_labels_must_be_there(experiments: Path) -> None:
    with pytest.raises(ValueError, match="no row with arm = group, sentences = 4"):
        require(experiments, ground("same", arm=["batch", "group"], sentences="4"))


def test_an_answer_has_its_numbers_in_their_places(experiments: Path) -> None:
    [entry] = answered([claim()], experiments, "en")
    assert entry.answer == "By −12.00."


def test_a_claim_is_told_in_the_language(experiments: Path) -> None:
    [entry] = answered([claim()], experiments, "ko")
    assert entry.claim == "비가 온다"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"experiments": ["hail"]}, "claim 7: experiments/hail/README.md is not there"),
        ({"figure": "rain/none.svg"}, "claim 7: experiments/rain/none.svg is not there"),
        ({"rests_on": [ground("better", arm="group")]}, "claim 7: experiments/rain/comparisons.c"),
    ],
)
def test_a_complaint_names_the_claim(
    changes: dict[str, object], message: str, experiments: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        answered([claim(7, **changes)], experiments, "en")


def test_an_experiment_tells_its_claims_facts_and_limits(experiments: Path) -> None:
    rain, snow = sources([claim(1), claim(2, experiments=["rain", "snow"])], experiments)
    assert rain == ("rain", [1, 2], "run", "runs 2: 2 done; seeds 1, 2", "Snow.")
    assert snow == ("snow", [2], "waiting", "", "Snow.")


def test_what_trains_nothing_is_probed(experiments: Path) -> None:
    (experiments / "rain/README.md").write_text("# Rain\n\nIt does.\n")
    assert sources([claim()], experiments)[0].state == "probed"


def test_an_answer_that_is_still_to_come_has_no_facts(experiments: Path) -> None:
    (experiments / "snow/README.md").write_text("# Snow\n<!-- answer -->\n<!-- /answer -->\n")
    assert facts(experiments / "snow") == ""
