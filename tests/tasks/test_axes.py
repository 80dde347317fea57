import pytest
from hydra import initialize_config_dir
from hydra.core.override_parser.types import Override

import run
from tests.tasks.launching import CONF
from whynorm.tasks.axes import Plan, expanded, planned
from whynorm.tasks.command import checked, parse, register_experiments
from whynorm.tasks.refusal import Refused

BUNDLES = {
    "arm": {"layer": ["norm=layer"], "counting": ["norm=batch", "norm.count_padding=true"]},
    "sentences": {1: ["batches.sentences_per_batch=1", "optimizer.lr=1e-4"]},
}


def overrides(*texts: str) -> list[Override]:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return parse(list(texts))


def plan(*given: str, params: tuple[str, ...] = ("placement=post,pre", "seed=1,2")) -> Plan:
    return planned(overrides(*given), overrides(*params), BUNDLES)


def test_every_label_meets_every_other_once() -> None:
    cells = [tuple(cell.swept.values()) for cell in plan().cells()]
    assert len(cells) == len(set(cells)) == 2 * 1 * 2 * 2


def test_seeds_change_last_so_that_an_early_end_leaves_all_arms_alike() -> None:
    assert [cell.swept["seed"] for cell in plan().cells()] == ["1"] * 4 + ["2"] * 4


def test_a_label_stands_for_its_overrides_and_names_the_arm() -> None:
    (cell,) = plan("arm=counting", "seed=1", "placement=post").cells()
    assert cell.overrides == [
        "norm=batch",
        "norm.count_padding=true",
        "arm=counting",
        "batches.sentences_per_batch=1",
        "optimizer.lr=1e-4",
        "placement=post",
        "seed=1",
    ]


def test_the_command_narrows_what_the_experiment_sweeps() -> None:
    cells = plan("seed=7,8", "arm=layer").cells()
    assert {cell.swept["seed"] for cell in cells} == {"7", "8"}
    assert {cell.swept["arm"] for cell in cells} == {"layer"}


def test_a_single_value_of_a_swept_key_is_still_a_place_in_the_sweep() -> None:
    assert {cell.swept["seed"] for cell in plan("seed=3").cells()} == {"3"}


def test_what_is_not_swept_goes_to_every_job() -> None:
    assert all("model.d_model=32" in cell.overrides for cell in plan("model.d_model=32").cells())


def test_every_combination_is_rehearsed_with_one_seed_and_each_seed_once() -> None:
    wide = plan("placement=post,pre", params=("seed=range(100)",))
    sampled = wide.sample(16)
    combinations = len(wide.cells()) // 100
    assert len(sampled) == combinations + 99
    assert {f"seed={seed}" for seed in range(100)} == {arm[-1] for arm in sampled}
    first = [arm for arm in sampled if arm[-1] == "seed=0"]
    assert len({tuple(arm) for arm in first}) == combinations


def test_of_many_combinations_each_label_is_rehearsed_once() -> None:
    sampled = plan("placement=post,pre", params=("optimizer.lr=range(10)",)).sample(16)
    assert {f"optimizer.lr={rate}" for rate in range(10)} <= {one for arm in sampled for one in arm}
    assert any("norm.count_padding=true" in arm for arm in sampled)
    assert any("placement=pre" in arm for arm in sampled)
    assert len(sampled) < 16


def test_an_arm_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(Refused, match="arm=lair: there is no such arm; choose from counting, lay"):
        plan("arm=lair")


def test_a_range_without_steps_is_refused() -> None:
    with pytest.raises(Refused, match="a range without steps"):
        plan("optimizer.lr=interval(0.1,1)", params=())


def test_a_single_run_of_an_arm_has_the_overrides_behind_its_label() -> None:
    assert expanded(overrides("arm=counting", "seed=1"), BUNDLES) == [
        "norm=batch",
        "norm.count_padding=true",
        "arm=counting",
        "seed=1",
    ]


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        (["sentences=64"], ["batches.sentences_per_batch=64", "optimizer.lr=6.4e-3"]),
        (["-m", "sentences=64"], ["-m", "sentences=choice(64)"]),
        (["-m", "sentences=1,64"], ["-m", "sentences=1,64"]),
    ],
)
def test_a_label_that_is_no_key_of_the_config_is_understood(
    given: list[str], understood: list[str]
) -> None:
    register_experiments(run.ROOT / "experiments")
    few = ["arm=rms", "placement=pre", "seed=1"] if "-m" in given else []
    arguments = [*given, "experiment=batch_size", *few]
    assert set(understood) <= set(checked(arguments, CONF))


def test_a_sweep_is_one_wherever_its_m_stands() -> None:
    assert checked(["seed=1,2", "-m", "logger=none"], CONF) == ["-m", "seed=1,2", "logger=none"]
