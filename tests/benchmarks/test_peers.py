import importlib
import importlib.util
from pathlib import Path

import pytest
import torch

from tests.benchmarks.sentences import SIZES, material
from whynorm.benchmarks.peer import Peer

NEEDS = {"nn_transformer": "torch", "notebook": "torch", "marian": "transformers"}
NEEDS |= {"joeynmt": "joeynmt"}


@pytest.fixture(params=NEEDS)
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Peer:
    if importlib.util.find_spec(NEEDS[request.param]) is None:
        pytest.skip(f"{NEEDS[request.param]} is not installed")
    material().save(tmp_path / "material.json")
    found = importlib.import_module(f"benchmarks.peers.{request.param}").Training(
        SIZES, tmp_path / "material.json"
    )
    try:
        found.prepare()
    except ModuleNotFoundError as error:
        pytest.skip(f"{error.name} is not installed")
    return found


def loss_of(peer: Peer, number: int, rows: slice) -> float:
    """The loss, without dropout, of some sentences of the round's first batch, padded as there."""
    batch = peer.ready(material().batches(number)[0])
    part = type(batch)(*(one[rows] for one in batch))
    peer.model.eval()
    with torch.no_grad():
        return float(peer.loss(peer.model, part))


def test_a_peers_loss_is_the_mean_over_real_target_tokens(peer: Peer) -> None:
    first, second, both = (loss_of(peer, 0, rows) for rows in (slice(1), slice(1, 2), slice(2)))
    assert both == pytest.approx((5 * first + 3 * second) / 8, rel=1e-5)


def test_a_peer_learns_from_the_batches(peer: Peer) -> None:
    before = loss_of(peer, 0, slice(2))
    for group in peer.optimizer.param_groups:
        group["lr"] = 1e-2
    for _ in range(5):
        peer.round(0)
        peer.model.train()
    assert loss_of(peer, 0, slice(2)) < before


def test_a_peers_units_are_the_real_target_tokens_of_the_round(peer: Peer) -> None:
    assert peer.round(1).units == material().target_tokens(1)


def test_a_shared_table_counts_once_among_the_parameters() -> None:
    layers = importlib.import_module("benchmarks.peers.nn_transformer")
    model = layers.Translator(SIZES)
    apart = sum(one.numel() for name, one in model.named_parameters() if "table" not in name)
    assert sum(one.numel() for one in model.parameters()) - apart == SIZES.vocabulary * 16


def test_fairseq_is_absent_with_the_reason(tmp_path: Path) -> None:
    module = importlib.import_module("benchmarks.peers.fairseq")
    material().save(tmp_path / "material.json")
    with pytest.raises(RuntimeError, match=r"Python 3\.11"):
        module.Training(SIZES, tmp_path / "material.json").prepare()
