from pathlib import Path

import pandas
import pytest

from tests.results.reports import ordinary
from whynorm.results.figures import draw, drawn_meanwhile


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
