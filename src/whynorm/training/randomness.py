"""Randomness that depends on the update, not on what ran before it."""

import hashlib

import torch


def reseed(seed: int, *, update: int, rank: int, part: int, device: torch.device) -> None:
    """Set torch's generators from the run's seed and the place in it.

    Dropout is thereby a function of the update, the rank and the part (the number of the batch
    within an accumulation window): a resumed run draws what an uninterrupted one would have.
    """
    place = f"{seed}/{update}/{rank}/{part}".encode()
    number = int.from_bytes(hashlib.blake2b(place, digest_size=8).digest())
    if device.type == "cpu":
        # torch.manual_seed would also visit every accelerator backend, ten times slower.
        torch.default_generator.manual_seed(number)
    else:
        torch.manual_seed(number)
