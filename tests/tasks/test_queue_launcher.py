"""What a queue is asked for, and what becomes of jobs that end, or do not."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from omegaconf import DictConfig, OmegaConf

from tests.tasks.launching import CONF, TINY, launch
from whynorm.tasks import queue_launcher
from whynorm.tasks.command import checked
from whynorm.tasks.queue_launcher import Needs, Queue, alike, needs_of
from whynorm.tasks.queued_job import Notice
from whynorm.tasks.refusal import Refused

FAR = ["-m", "hardware=multi_gpu", "hydra/launcher=slurm", "seed=1,2"]


def hardware(**values: Any) -> DictConfig:
    return OmegaConf.create({"hardware": values})


def job(place: Path, number: int) -> Any:
    """A job as submitit knows it, which has left nothing yet."""
    result = place / f"{number}.pkl"
    paths = SimpleNamespace(result_pickle=result)
    return SimpleNamespace(
        job_id=f"7_{number}",
        paths=paths,
        exception=lambda: None,
        results=lambda: [int(result.read_text())],
    )


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    """A queue that is looked at without a pause."""
    monkeypatch.setattr(queue_launcher, "pause", lambda jobs: 0.0)
    return Queue(cluster="slurm")


def test_jobs_that_ask_for_other_machines_go_into_other_arrays() -> None:
    jobs = [["hardware=cpu", "seed=1"], ["hardware=gpu", "seed=1"], ["hardware=cpu", "seed=2"]]
    assert alike(jobs) == [[0, 2], [1]]


def test_a_job_on_gpus_asks_for_one_process_and_one_gpu_each() -> None:
    assert needs_of(hardware(accelerator="gpu", devices=8, num_nodes=4)) == Needs(4, 8, 8)


def test_a_job_on_processors_asks_for_no_gpu() -> None:
    assert needs_of(hardware(accelerator="cpu", devices=2)) == Needs(1, 2, 0)


def test_a_queue_is_not_asked_for_as_many_gpus_as_there_are() -> None:
    with pytest.raises(Refused, match=r"devices=auto does not say how many .* write a number"):
        needs_of(hardware(accelerator="gpu", devices="auto"))


def test_an_unknown_kind_of_queue_is_refused() -> None:
    with pytest.raises(Refused, match="cluster=pbs: choose slurm or local"):
        Queue(cluster="pbs")


def test_each_job_is_told_of_with_the_exit_code_that_it_left(tmp_path: Path, queue: Queue) -> None:
    told: dict[int, int] = {}
    queue.ended = told.__setitem__
    jobs = {number: job(tmp_path, number) for number in (0, 1)}
    for number, code in enumerate((0, 3)):
        (tmp_path / f"{number}.pkl").write_text(str(code))
    assert (queue.awaited(jobs), told) == ({0: 0, 1: 3}, {0: 0, 1: 3})


def test_a_job_that_left_the_queue_without_a_result_is_lost(
    tmp_path: Path, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_launcher, "in_queue", set)
    assert queue.awaited({0: job(tmp_path, 0)}) == {0: 1}


def test_jobs_are_waited_for_while_slurm_does_not_answer(
    tmp_path: Path, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_launcher, "in_queue", lambda: None)
    assert queue.at_work({0: job(tmp_path, 0)}) == {0}


def test_a_sweep_is_refused_while_its_jobs_are_in_the_queue(
    tmp_path: Path, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = tmp_path / ".submitit"
    known.mkdir()
    (known / "jobs.json").write_text(json.dumps({"1-abc": "7_0", "2-abc": "7_1"}))
    monkeypatch.setattr(queue_launcher, "in_queue", lambda: {"7_1"})
    with pytest.raises(Refused, match=r"1 jobs of .* in the queue still; .* scancel 7_1"):
        queue.refuse_at_work(tmp_path)


@pytest.fixture
def signals() -> Iterator[list[str]]:
    """What was heard; submitit's own way back into the queue is in place, as in a queue."""
    heard: list[str] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGUSR1, signal.SIGUSR2)}
    signal.signal(signal.SIGUSR2, lambda *_: heard.append("requeued"))
    yield heard
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_job_whose_run_cannot_stop_goes_back_into_the_queue_at_once(signals: list[str]) -> None:
    Notice()
    os.kill(os.getpid(), signal.SIGUSR2)
    assert signals == ["requeued"]


def test_a_job_whose_time_is_up_first_stops_its_run(signals: list[str]) -> None:
    notice = Notice()
    signal.signal(signal.SIGUSR1, lambda *_: signals.append("stopped"))
    os.kill(os.getpid(), signal.SIGUSR2)
    notice.requeue()
    assert signals == ["stopped", "requeued"]


def test_a_job_that_slurm_stopped_itself_does_not_go_back_by_its_own_doing(
    signals: list[str],
) -> None:
    Notice().requeue()
    assert signals == []


def test_it_is_remembered_that_submitit_put_a_job_back(signals: list[str]) -> None:
    def put_back(number: int, frame: object) -> None:
        raise SystemExit(-1)

    signal.signal(signal.SIGUSR2, put_back)
    notice = Notice()
    with pytest.raises(SystemExit):
        os.kill(os.getpid(), signal.SIGUSR2)
    assert notice.requeued


@pytest.mark.skipif(torch.cuda.is_available(), reason="there are GPUs here")
def test_only_a_queue_may_have_gpus_that_this_machine_has_not() -> None:
    assert checked(FAR, CONF) == FAR
    with pytest.raises(Refused, match="hardware=gpu: "):
        checked([*FAR, "hydra/launcher=side_by_side"], CONF)


@pytest.mark.parametrize("counted", ["WORLD_SIZE", "SLURM_STEP_NUM_TASKS"])
def test_processes_begun_elsewhere_are_told_to_share_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: str
) -> None:
    monkeypatch.setenv(counted, "2")
    ended = launch(tmp_path, *TINY)
    assert ended.code == 2
    assert "name one, such as hydra.run.dir=runs/large" in ended.err


def test_processes_begun_elsewhere_do_not_each_run_a_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    ended = launch(tmp_path, "-m", *TINY, "seed=1,2")
    assert (ended.code, list(tmp_path.iterdir())) == (2, [])


@pytest.mark.long
def test_two_processes_share_each_arm_in_a_queue(tmp_path: Path) -> None:
    arms = ("hydra/launcher=local_queue", "hardware=cpu,ddp_cpu", "model.dropout=0", "threads=1")
    ended = launch(tmp_path, "-m", *TINY, *arms)
    assert ended.code == 0, ended.out + ended.err
    found = sorted(tmp_path.glob("runs/grammar/*/scores.json"))
    losses = [json.loads(path.read_text())["validation"]["loss"] for path in found]
    assert len(losses) == 2
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
