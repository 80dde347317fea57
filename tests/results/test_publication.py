from pathlib import Path

from whynorm.results.publication import differing, publish

OLD = "arm,metric,difference,verdict\nrms,bleu,0.1,same\nbatch,bleu,-9,worse\n"


def report(folder: Path, comparisons: str = OLD) -> Path:
    folder.mkdir()
    (folder / "comparisons.csv").write_text(comparisons)
    (folder / "answer.md").write_text("**Answer.** It \\1 depends.\n")
    (folder / "report.html").write_text("<p>")
    return folder


def test_what_stands_around_the_answer_stays(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n<!-- answer -->\nold\n<!-- /answer -->\nWhat could be wrong.\n")
    publish(report(tmp_path / "report"), tmp_path)
    assert readme.read_text() == (
        "# Title\n<!-- answer -->\n**Answer.** It \\1 depends.\n<!-- /answer -->\n"
        "What could be wrong.\n"
    )


def test_the_page_is_not_kept_with_the_experiment(tmp_path: Path) -> None:
    publish(report(tmp_path / "report"), tmp_path / "kept")
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {"README.md", "comparisons.csv"}


def test_equal_verdicts_are_counted_whatever_their_numbers(tmp_path: Path) -> None:
    new = OLD.replace("-9", "-7").replace("0.1", "0.2")
    kept = report(tmp_path / "kept")
    assert differing(report(tmp_path / "new", new), kept) == [f"conclusions: 2 of 2 as in {kept}"]


def test_another_verdict_is_named(tmp_path: Path) -> None:
    kept = report(tmp_path / "kept")
    (said,) = differing(report(tmp_path / "new", OLD.replace("worse", "open")), kept)
    assert said == f"conclusions: 1 of 2 as in {kept}; batch bleu is open, was worse"


def test_nothing_is_said_where_nothing_is_kept(tmp_path: Path) -> None:
    assert differing(report(tmp_path / "new"), tmp_path / "nowhere") == []
