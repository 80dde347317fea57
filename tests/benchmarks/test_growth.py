from tests.benchmarks.givens import GIVEN
from tests.benchmarks.sentences import SIZES
from whynorm.benchmarks.contest import Outcome, Row
from whynorm.benchmarks.growth import Point, material, measured, medians, sizes_of, words
from whynorm.benchmarks.matrices import NAME
from whynorm.data.batch import teacher_forced

POINT = Point(d_model=32, layers=3, length=6, vocabulary=40, tokens=24, workers=0)


def test_a_batch_has_so_many_target_tokens_and_no_padding() -> None:
    (batch,) = material(POINT, 1, seed=1).batches(0)
    forced = teacher_forced(batch)
    assert (int(forced.real.sum()), bool(forced.real.all() & forced.source_real.all())) == (
        24,
        True,
    )


def test_a_sentence_has_so_many_positions_on_either_side() -> None:
    (batch,) = material(POINT, 1, seed=1).batches(0)
    forced = teacher_forced(batch)
    assert (forced.source.shape[1], forced.inputs.shape[1]) == (6, 6)


def test_the_feed_forward_network_grows_with_the_model() -> None:
    assert sizes_of(GIVEN, POINT).d_ff == 2 * SIZES.d_ff


def test_a_point_is_asked_for_as_on_a_command_line() -> None:
    assert words(sizes_of(GIVEN, POINT), POINT) == [
        "model.d_model=32",
        "model.d_ff=64",
        "model.encoder_layers=3",
        "model.decoder_layers=3",
        "data.workers=0",
    ]


def test_a_point_that_fails_has_a_row_with_the_reason() -> None:
    outcome = Outcome([], {"32": "too large"}, {})
    (row,) = measured("d_model", "32", outcome, material(POINT, 1, seed=1), SIZES)
    assert (row["value"], row["rate"], row["absent"]) == (32, None, "too large")


def test_a_points_measures_are_the_medians_of_its_rounds() -> None:
    rates = {1: 5.0, 2: 7.0, 3: 100.0}
    rows = [Row("32", number, 1.0, 1.0, rate, 2**20) for number, rate in rates.items()]
    rows += [Row(NAME, number, 1.0, 1.0, 1.0, 0) for number in rates]
    found = measured("d_model", "32", Outcome(rows, {}, {}), material(POINT, 1, seed=1), SIZES)
    (point,) = medians(found)
    assert (point["tokens/s"], point["peak MiB"]) == (7.0, 1.0)
