"""What a user gets wrong is answered in one sentence, before anything is made or read."""

import re
from pathlib import Path

import pytest

from tests.choosing import sampled
from tests.tasks.launching import launch

REFUSED = [
    (["norm=layr"], r"norm=layr: .*choose from .*layer.*did you mean 'layer'"),
    (["nrom=layer"], r"nrom: .*choose from .*norm.*did you mean 'norm'"),
    (["+nrom=layer"], r"nrom: .*did you mean 'norm'"),
    (["norm=3"], r"norm=3: there is no such option; choose from .*layer"),
    (["norm=null"], r"norm=null: there is no such option; choose from .*layer"),
    (["norm.ep=1"], r"norm\.ep: norm has no such option; choose from bias, eps, weight .*'eps'"),
    (["+norm.ep=1"], r"norm\.ep: norm has no such option; .*did you mean 'eps'"),
    (["traning.clip=2"], r"traning: .*did you mean 'training'"),
    (["training.clop=3"], r"training\.clop: .*choose from accumulate.*did you mean 'clip'"),
    (["norm@decodr_norm=layer"], r"norm@decodr_norm: .*did you mean 'norm@decoder_norm'"),
    (["decoder_norm=layer"], r"decoder_norm: .*did you mean 'norm@decoder_norm'"),
    (["norm=layer,batch"], r"norm=layer,batch names several values: add -m"),
    (["-m", "seed=1,2", "--cfg", "job"], r"--cfg shows .* one job; leave out -m"),
    (["experiment=nowhere"], r"experiment.*: there is n"),
    (["hydra/launcher=slum"], r"hydra/launcher=slum: .*choose from .*slurm"),
    (["training.clip=[1"], r"'training\.clip=\[1' cannot be read"),
    (["layer"], r"'layer' cannot be read: write key=value"),
    (["+norm.eps=1"], r"norm\.eps cannot be set: .* without '\+'"),
    (["training=short"], r"training=short: set the options of training one by one"),
    (["seed=${sead}"], r"seed: .*'sead' not found"),
    (["model.d_model=abc"], r"model\.d_model=abc: must be a valid integer"),
    (["model.d_model=64.5"], r"model\.d_model=64\.5: must be a valid integer"),
    (["model.d_model=null"], r"model\.d_model=null: must be a valid integer"),
    (["model.embedding.tied=maybe"], r"model\.embedding\.tied=maybe: must be a valid boolean"),
    (["norm.eps=small"], r"norm\.eps=small: must be a valid number"),
    (["seed=one"], r"seed=one: must be a valid integer"),
    (["seed=-1"], r"seed=-1 is too small; choose 0 or more"),
    (["threads=0"], r"threads=0 is too small; choose 1 or more"),
    (["optimizer.betas=[0.9]"], r"optimizer\.betas=\[0\.9\]: must have more values"),
    (["optimizer.lr=-1"], r"learning rate: -1"),
    (["data.padding_side=up"], r"data\.padding_side=up .*choose right or left"),
    (["hardware.precision=bf17"], r"hardware\.precision=bf17: must be .*bf16-mixed"),
    (["hardware.devices=many"], r"hardware=cpu: .*devices"),
    (["model.d_model=0"], r"model\.d_model=0 is too small; choose 1 or more"),
    (["model.heads=0"], r"model\.heads=0 is too small; choose 1 or more"),
    (["model.decoder_layers=0"], r"model\.decoder_layers=0 is too small; choose 1 or more"),
    (["tune=true"], r"tune=true: .*add -m"),
    (["hydra/launcher=stacked"], r"hydra/launcher=stacked: .*add -m"),
    (["model.heads=3"], r"heads=3 does not divide .*d_model=128"),
    (["norm=group", "norm.groups=7"], r"groups=7 does not divide .*d_model=128"),
    (["norm@decoder_norm=group", "decoder_norm.groups=7"], r"groups=7 does not divide"),
    (["training.reestimate=-1"], r"training\.reestimate=-1 is too small; choose 0 or more"),
    (
        ["hardware=ddp_cpu", "training.reestimate=4"],
        r"training\.reestimate=4 takes statistics in one process, and here are 2",
    ),
    (["training.ema=2"], r"training\.ema=2.* is no share below 1"),
    (["data.workers=-1"], r"data\.workers=-1 is less than none; choose 0 or more"),
    (["training.updates=0"], r"training\.updates=0 is too small; choose 1 or more"),
    (["training.average=lsat"], r"training\.average=lsat: must be 'last' or 'best'"),
    (["training.average=last", "training.ema=0.9"], r"average=last and training\.ema=0\.9"),
    (["training.epochs=null"], r"training\.updates=null and training\.epochs=null never end"),
    (["training.label_smoothing=1.5"], r"label_smoothing=1\.5"),
    (["decoding.beam=0"], r"decoding\.beam=0 is too small; choose 1 or more"),
    (["batches.tokens_per_batch=0"], r"batches\.tokens_per_batch=0"),
    (["schedule=noam", "schedule.warmup_updates=0"], r"warmup_updates=0 leaves .* without a peak"),
    (["model._target_=whynorm.model.Mamba"], r"model\._target_=whynorm\.model\.Mamba cannot"),
    (["task=evaluate"], r"run is not set: add run=… to the command, or run=last"),
    (["task=evaluate", "run=last"], r"run=last: runs/ holds no run folder yet"),
    (["task=evaluate", "run=nowhere"], r"run=nowhere: there is no such folder"),
    (["task=translate", "run=."], r"run=\.: this is no run folder"),
    (["-m", "norm=layer,batc"], r"norm=batc: .*did you mean 'batch'"),
    (["-m", "norm=layer", "model.heads=4,3"], r"heads=3 does not divide"),
    (["-m", "seed=range(20)", "norm=layer,batch", "model.heads=4,3"], r"heads=3 does not divide"),
]
IDS = [" ".join(arguments) for arguments, _ in REFUSED]


@pytest.mark.parametrize(("arguments", "message"), sampled(REFUSED), ids=IDS)
def test_a_mistake_is_refused_in_one_sentence_and_leaves_nothing(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    ended = launch(tmp_path, *arguments)
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert re.search(message, ended.err), ended.err
    assert list(tmp_path.iterdir()) == []


def test_the_traceback_of_a_mistake_is_shown_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHYNORM_TRACEBACK", "1")
    assert "Traceback" in launch(tmp_path, "norm=layr").err


def test_a_mistake_in_the_data_is_refused_and_its_folder_removed(tmp_path: Path) -> None:
    ended = launch(tmp_path, "data.corpus.pairs=0", "logger=none")
    assert (ended.code, list(tmp_path.iterdir())) == (2, [])
    assert re.search("pairs=0", ended.err)
