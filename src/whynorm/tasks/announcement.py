"""What is said of a run before it starts: that its decoder sees the answer, that it is slow."""

from collections.abc import Mapping
from typing import Any

from whynorm.masks.paper import Rules
from whynorm.model.transformer import Transformer
from whynorm.norms.norm import Norm
from whynorm.probes.causality import leaks
from whynorm.tasks.build import Parts
from whynorm.tasks.terminal import say
from whynorm.training.loss import loss_at_lowest_objective, lowest_objective


def leaking(model: Transformer, rules: Rules) -> dict[str, Any]:
    """In which modes an earlier target token sees a later one, and the reasons for each.

    `leaking` is "no", "training" or "training and evaluating", to filter runs by.
    """
    norms = [module for module in model.decoder.modules() if isinstance(module, Norm)]
    found = leaks(norms, rules, model.fill)._asdict()
    modes = [mode for mode, reasons in found.items() if reasons]
    return {"leaking": " and ".join(modes) or "no", "leaks": found}


def announce(facts: dict[str, Any]) -> None:
    """Print it, where there is something to be said."""
    if facts["leaking"] == "no":
        return
    say(f"Leaking when {facts['leaking']}: a target token sees later ones, for")
    for reason in dict.fromkeys(reason for found in facts["leaks"].values() for reason in found):
        modes = [mode for mode, found in facts["leaks"].items() if reason in found]
        say(f"  {reason} ({' and '.join(modes)})")
    say("  Do not trust the loss of such a run; trust its translations.")


def announce_slowness(hardware: Mapping[str, Any]) -> None:
    """Say that half precision is emulated, where a processor is asked for it."""
    precision = str(hardware.get("precision"))
    if hardware.get("accelerator") == "cpu" and "16" in precision:
        say(f"Slow: hardware.precision={precision} is many times slower than 32-true on most")
        say("  processors, which multiply no matrices in half precision; it is meant for GPUs.")


def floors(parts: Parts) -> dict[str, float]:
    """What a perfect model is measured by where labels are smoothed and translations certain."""
    if parts.data.corpus.lowest_loss != 0:
        return {}
    vocabulary, smoothing = len(parts.data.vocabularies.target), parts.module.label_smoothing
    return {
        "lowest train/objective": lowest_objective(
            label_smoothing=smoothing, vocabulary=vocabulary
        ),
        "train/loss at that": loss_at_lowest_objective(
            label_smoothing=smoothing, vocabulary=vocabulary
        ),
    }
