"""Two processes that share a batch, one with hardly a real token, equal one that holds it all."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.multiprocessing as multiprocessing
from torch import Tensor, distributed

from tests.norms.catalogue import D_MODEL, VARIANTS, Variant
from tests.options import option

TOLERANCE = 1e-6
UPDATES = 5  # more than the window of the variant of UnifiedNorm that has left its warm-up
# Which tokens of a batch of four sentences are real; the second process holds the last two.
SHARES = {"one": [5, 4, 1, 0], "none": [5, 3, 0, 0], "few": [5, 5, 2, 1]}
APART = Variant("batch", ("norm.sync=false",), (True, False, True), (False, False, False))
SYNCED = [v for v in VARIANTS if "sync" in vars(v.build())]
Result = dict[str, list[Tensor]]


def shared_batch(lengths: list[int]) -> tuple[Tensor, Tensor, Tensor]:
    """x, real and the gradient of the output, of each update."""
    draw = torch.Generator().manual_seed(7)
    x = torch.randn(UPDATES, len(lengths), 5, D_MODEL, generator=draw, dtype=torch.float64) * 2 + 1
    gradient = torch.randn(x.shape, generator=draw, dtype=torch.float64)
    return x, torch.arange(5) < torch.tensor(lengths)[:, None], gradient


def updated(variant: Variant, rows: slice, lengths: list[int]) -> Result:
    """Outputs, gradients of x and of the weights, and state, after as many updates on some rows."""
    x, real, gradient = shared_batch(lengths)
    norm = option("norm", variant.option, *variant.overrides)(D_MODEL).double()
    outputs, gradients = [], []
    for step in range(UPDATES):
        mine = x[step, rows].clone().requires_grad_()
        y = norm(mine, real[rows])
        loss = (y * gradient[step, rows]).sum()
        if norm.penalty is not None:
            # each rank adds the penalty once for each of its real tokens
            loss = loss + norm.penalty * real[rows].sum()
        loss.backward()
        assert mine.grad is not None
        outputs.append(y.detach())
        gradients.append(mine.grad)
    weights = [p.grad for p in norm.parameters() if p.grad is not None]
    state = [b.clone() for b in norm.buffers()]
    return {"outputs": outputs, "gradients": gradients, "weights": weights, "state": state}


def rank(number: int, folder: str) -> None:
    """One of the two processes: every variant, its own half of every batch."""
    torch.set_num_threads(1)
    store = distributed.FileStore(  # pyright: ignore[reportPrivateImportUsage]
        f"{folder}/store", 2
    )
    distributed.init_process_group("gloo", store=store, rank=number, world_size=2)
    rows = slice(0, 2) if number == 0 else slice(2, 4)
    found = {
        (str(variant), name): updated(variant, rows, lengths)
        for variant in [*SYNCED, APART]
        for name, lengths in SHARES.items()
    }
    torch.save(found, f"{folder}/{number}.pt")
    distributed.barrier()
    distributed.destroy_process_group()


@pytest.fixture(scope="module")
def halves() -> tuple[Any, Any]:
    """What the two processes found."""
    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.spawn(  # pyright: ignore[reportPrivateImportUsage]
            rank, (folder,), nprocs=2
        )
        first, second = (torch.load(Path(folder) / f"{number}.pt") for number in (0, 1))
    return first, second


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("variant", SYNCED, ids=str)
def test_two_processes_equal_one_forward_backward_and_in_state(
    variant: Variant, share: str, halves: tuple[Any, Any]
) -> None:
    alone = updated(variant, slice(0, 4), SHARES[share])
    first, second = (half[str(variant), share] for half in halves)
    for part in ("outputs", "gradients"):
        joined = [torch.cat(both) for both in zip(first[part], second[part], strict=True)]
        torch.testing.assert_close(joined, alone[part], rtol=0, atol=TOLERANCE)
    added = [one + two for one, two in zip(first["weights"], second["weights"], strict=True)]
    torch.testing.assert_close(added, alone["weights"], rtol=0, atol=TOLERANCE)
    for half in (first, second):
        torch.testing.assert_close(half["state"], alone["state"], rtol=0, atol=TOLERANCE)


def test_every_norm_of_the_batch_can_be_shared_among_processes() -> None:
    of_the_batch = {v.option for v in VARIANTS if v.training[2] and not v.evaluating[2]}
    assert of_the_batch <= {v.option for v in SYNCED}


def test_without_sync_each_process_goes_by_its_own_tokens(halves: tuple[Any, Any]) -> None:
    first, second = (half[str(APART), "few"]["state"] for half in halves)
    assert not torch.allclose(first[0], second[0])
