"""A run whose decoder sees the answer says so in its log, its folder and its scores."""

import json
from pathlib import Path

import pytest

from tests.tasks.launching import TINY, launch, only_run
from whynorm.tasks.announcement import announce_slowness

pytestmark = pytest.mark.long

SHORT = (*TINY, "training.updates=2", "decoding.beam=1")
LEAKING = {
    ("norm=instance",): "training and evaluating",
    ("norm=batch",): "training",
    ("norm=batch", "norm@decoder_norm=layer"): "no",
    ("mask=no_look_ahead",): "training and evaluating",
    ("mask_fill=multiply",): "training and evaluating",
    ("norm=layer",): "no",
}


@pytest.mark.parametrize("choices", LEAKING, ids=" ".join)
def test_a_run_is_marked_as_leaking_exactly_where_its_decoder_sees_ahead(
    choices: tuple[str, ...], tmp_path: Path
) -> None:
    ended = launch(tmp_path, *choices, *SHORT)
    assert ended.code == 0, ended.err
    folder, expected = only_run(tmp_path), LEAKING[choices]
    for name in ("leaks.json", "scores.json"):
        assert json.loads((folder / name).read_text(encoding="utf-8"))["leaking"] == expected
    assert ended.out.count("Leaking when") == (0 if expected == "no" else 2)


def test_an_evaluation_says_it_again(tmp_path: Path) -> None:
    assert launch(tmp_path, "norm=instance", *SHORT).code == 0
    out = launch(tmp_path, "task=evaluate", "run=last", "decoding.beam=1").out
    assert "Leaking when training and evaluating" in out
    assert "InstanceNorm" in out


@pytest.mark.parametrize(
    ("precision", "accelerator", "said"),
    [("bf16-mixed", "cpu", True), ("32-true", "cpu", False), ("bf16-mixed", "gpu", False)],
)
def test_half_precision_on_a_processor_is_said_to_be_slow(
    precision: str, accelerator: str, said: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    announce_slowness({"accelerator": accelerator, "precision": precision})
    assert ("slower" in capsys.readouterr().out) == said
