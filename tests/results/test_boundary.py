"""The map of conditions says what the experiments' tables say."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from whynorm.results.boundary import Map, Place, counted, markdown, places, read
from whynorm.results.boundary_figure import MOST, Line, draw, folded, label, lines
from whynorm.results.fonts import lettered

ASKED = Map(
    metric="bleu",
    against="layer",
    arms={"batch": "both", "batch_in_encoder": "encoder"},
    experiments=["size", "waiting", "halves"],
)
HEAD = "metric,difference,low,high,verdict"


def experiment(folder: Path, head: str, *rows: str, baseline: str = "layer") -> None:
    """An experiment with this table."""
    folder.mkdir()
    settings = {"compare": {"contrast": "arm", "baseline": baseline}}
    (folder / "experiment.yaml").write_text(yaml.safe_dump(settings))
    (folder / "comparisons.csv").write_text("\n".join([head, *rows]))


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Two experiments with results, and one that waits."""
    experiment(
        tmp_path / "size",
        f"arm,sentences,placement,{HEAD}",
        "batch,1,post,bleu,-23.7,-28.7,-18.7,worse",
        "batch,1,post,test_loss,0.3,0.2,0.4,worse",
        "rms,1,post,bleu,0.1,-0.2,0.4,same",
        "batch_in_encoder,1,post,bleu,,,,diverged",
    )
    experiment(tmp_path / "halves", f"arm,where,{HEAD}", "batch,decoder,bleu,0.5,-1.5,2.5,open")
    (tmp_path / "waiting").mkdir()
    return tmp_path


def place(**changed: Any) -> Place:
    """A place of the map."""
    plain = Place("size", {"sentences": "1"}, "batch", "both", -3.0, -4.0, -2.0, "worse")
    return plain._replace(**changed)


def test_only_the_arm_in_the_metric_is_shown_and_what_waits_is_left_out(published: Path) -> None:
    assert places(ASKED, published) == [
        place(
            condition={"sentences": "1", "placement": "post"},
            difference=-23.7,
            low=-28.7,
            high=-18.7,
        ),
        place(
            condition={"sentences": "1", "placement": "post"},
            arm="batch_in_encoder",
            where="encoder",
            difference=None,
            low=None,
            high=None,
            verdict="diverged",
        ),
        Place("halves", {}, "batch", "decoder", 0.5, -1.5, 2.5, "open"),
    ]


def test_a_table_with_another_baseline_is_refused(tmp_path: Path) -> None:
    experiment(tmp_path / "size", f"arm,{HEAD}", "batch,bleu,1,0,2,open", baseline="rms")
    with pytest.raises(ValueError, match="size compares with rms, and the map with layer"):
        places(ASKED, tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [("metric: [", "cannot be read"), ("metric: bleu", "against"), ("[]", "dict")],
)
def test_a_map_that_is_none_is_refused(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(content)
    with pytest.raises(ValueError, match=said):
        read(tmp_path / "map.yaml")


def test_verdicts_are_counted_for_each_place_of_the_arm() -> None:
    found = [place(), place(verdict="same"), place(), place(where="encoder", verdict="open")]
    assert counted(found) == (
        "both: worse in 2 and the same in 1 of 3 conditions; encoder: open in 1 of 1 conditions."
    )


def test_the_table_has_a_line_for_each_condition(published: Path) -> None:
    told = markdown(ASKED, places(ASKED, published)).splitlines()
    assert len(told) == 2 + 2 + 3
    assert told[4] == (
        "| [size](../size/README.md) | sentences = 1 and placement = post | both | −23.70 | "
        "−28.70 to −18.70 | worse |"
    )
    assert told[5].endswith("| encoder | – | – | diverged with every seed |")


def test_a_line_says_where_the_arm_stands_if_its_experiment_has_several_places() -> None:
    [alone] = lines([place()], "en")
    [several] = lines([place(), place(where="encoder")], "en")
    assert [line.text for line in alone] == ["size", "sentences = 1"]
    assert [line.text for line in several][1:] == [
        "sentences = 1, in both halves",
        "sentences = 1, in the encoder",
    ]
    assert label(place(condition={}), several=False, language="en") == "batch"


def test_many_lines_stand_in_two_columns_and_each_stands_once() -> None:
    groups = [[Line(f"{name}{line}") for line in range(MOST // 2)] for name in "abc"]
    assert folded(groups[:2]) == [groups[0] + groups[1]]
    assert folded(groups) == [groups[0] + groups[1], groups[2]]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_picture_names_every_condition(language: str, published: Path, tmp_path: Path) -> None:
    with lettered(language):
        draw(ASKED, places(ASKED, published), tmp_path / "map", language)
    drawn = (tmp_path / "map.svg").read_text(encoding="utf-8")
    assert "sentences = 1, placement = post" in drawn and (tmp_path / "map.png").stat().st_size
