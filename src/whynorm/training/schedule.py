"""Learning-rate schedules: the factor of the optimizer's learning rate at each update.

Each takes the number of the update, counted from 1, and the number of all updates.
"""

import math


def noam(
    update: int,
    total_updates: float,
    *,
    d_model: int,
    warmup_updates: int = 4000,
    scale: float = 1.0,
) -> float:
    """The paper's schedule (Vaswani 2017, §5.3, eq. 3), times `scale`; for a learning rate of 1.

    It rises linearly to scale / sqrt(d_model * warmup_updates) and falls with the inverse square
    root of the update.
    """
    if warmup_updates < 1:
        raise ValueError(
            f"warmup_updates={warmup_updates} leaves the noam schedule without a peak; "
            "choose 1 or more"
        )
    return scale * d_model**-0.5 * min(update**-0.5, update * warmup_updates**-1.5)


def inverse_square_root(update: int, total_updates: float, *, warmup_updates: int) -> float:
    """Rises linearly to 1 at `warmup_updates`, then falls with the inverse square root.

    Without a warm-up it falls from 1 at the first update.
    """
    return warmup(update, warmup_updates) * min(1.0, (max(warmup_updates, 1) / update) ** 0.5)


def constant(update: int, total_updates: float, *, warmup_updates: int) -> float:
    """Rises linearly to 1 at `warmup_updates` and stays there."""
    return warmup(update, warmup_updates)


def cosine(update: int, total_updates: float, *, warmup_updates: int, floor: float = 0.0) -> float:
    """Rises linearly to 1 at `warmup_updates`, then falls along half a cosine to `floor`.

    The floor is reached at the last update (Loshchilov & Hutter 2017, eq. 5, without restarts).
    The warm-up is at most half of all updates, so that a short trial runs too.
    """
    if total_updates == math.inf:
        raise ValueError(
            "the cosine schedule needs to know its last update; set training.updates or "
            "training.epochs"
        )
    rise = min(warmup_updates, int(total_updates) // 2)
    if update < rise or rise < 0:
        return warmup(update, rise)
    share = min(1.0, (update - rise) / (total_updates - rise))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * share))


def warmup(update: int, warmup_updates: int) -> float:
    """update / warmup_updates up to 1; 1 without a warm-up."""
    if warmup_updates < 0:
        raise ValueError(f"warmup_updates={warmup_updates} is negative; choose 0 or more")
    return min(1.0, update / max(warmup_updates, 1))
