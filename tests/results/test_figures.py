import re
from pathlib import Path

import pandas
import pytest

from tests.results.pictures import words
from tests.results.reports import ordinary
from whynorm.results import fonts
from whynorm.results.figures import draw, drawn_meanwhile
from whynorm.results.statistics import curve_bands


@pytest.mark.long
def test_what_is_drawn_meanwhile_equals_what_is_drawn_here(tmp_path: Path) -> None:
    draw(ordinary(), {}, tmp_path / "here")
    with drawn_meanwhile(ordinary(), {}, tmp_path / "meanwhile"):
        pass
    here, meanwhile = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("here", "meanwhile")
    )
    assert here
    assert here == meanwhile


def test_the_error_of_a_figure_is_raised(tmp_path: Path) -> None:
    bands = {"val/loss": pandas.DataFrame()}
    with (
        pytest.raises(ValueError, match="val/loss was logged by no run"),
        drawn_meanwhile(ordinary(), bands, tmp_path),
    ):
        pass


def korean(folder: Path) -> set[str]:
    """All words of a report's figures in Korean."""
    report = ordinary()
    bands = {"val/loss": curve_bands(report.runs, report.question, "val/loss")}
    draw(report, bands, folder, "ko")
    return set().union(*(words(path) for path in folder.glob("*.svg")))


@pytest.mark.long
def test_the_fixed_words_of_figures_are_korean_where_it_is_asked_for(tmp_path: Path) -> None:
    found = korean(tmp_path)
    axes = {"업데이트", "검증 손실, 토큰당 nat", "배치에 든 실제 목표 토큰 수"}
    notes = {"막대: 평균의 95 % 신뢰구간. 점: 시드. 가위표: 발산한 시드."}
    assert axes | notes | {"BLEU: layer 대비 차이", "(위로 갈수록 좋음)"} <= found
    assert {text for text in found if re.search("[a-z]{3} [a-z]{3}", text)} == set()


@pytest.mark.long
def test_arms_and_conditions_keep_their_names_in_korean_figures(tmp_path: Path) -> None:
    assert {"layer", "batch", "placement = pre", "batches.sentences"} <= korean(tmp_path)


@pytest.mark.long
def test_without_a_font_korean_figures_are_text_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    monkeypatch.setattr(fonts, "hangul", lambda: None)
    assert "업데이트" in korean(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".svg"}
    assert [str(one.message) for one in recwarn if "Glyph" in str(one.message)] == []
