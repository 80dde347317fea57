"""The Transformer of JoeyNMT, with its own loss."""

import logging
from types import SimpleNamespace
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from whynorm.benchmarks.peer import Peer
from whynorm.data.batch import Batch
from whynorm.data.vocabulary import UNKNOWN

# The ids that JoeyNMT gives its special tokens, in this order; ours have the first two swapped.
SPECIAL = ["<unk>", "<pad>", "<s>", "</s>"]


class Training(Peer):
    """Trained with its loss, divided by the number of real target tokens."""

    def build(self) -> nn.Module:
        """The model that its own builder makes, all tables tied, norms after each sum."""
        from joeynmt.model import build_model  # pyright: ignore
        from joeynmt.vocabulary import Vocabulary  # pyright: ignore

        logging.getLogger("joeynmt.model").setLevel(logging.WARNING)
        words = [f"{number}" for number in range(len(SPECIAL), self.sizes.vocabulary)]
        vocabulary = Vocabulary(words, special())
        stacks = {"encoder": self.sizes.encoder_layers, "decoder": self.sizes.decoder_layers}
        config = {name: self.stack(layers) for name, layers in stacks.items()}
        model = build_model(
            {**config, "tied_embeddings": True, "tied_softmax": True}, vocabulary, vocabulary
        )
        model.loss_function = ("crossentropy", self.sizes.label_smoothing)
        return model

    def stack(self, layers: int) -> dict[str, Any]:
        """What its configuration says of the encoder or the decoder."""
        sizes = self.sizes
        return {
            "type": "transformer",
            "num_layers": layers,
            "num_heads": sizes.heads,
            "hidden_size": sizes.d_model,
            "ff_size": sizes.d_ff,
            "dropout": sizes.dropout,
            "layer_norm": "post",
            "embeddings": {
                "embedding_dim": sizes.d_model,
                "scale": True,
                "dropout": sizes.dropout,
            },
        }

    def ready(self, batch: Batch) -> Batch:
        """The batch in its numbering."""
        return Batch(renumbered(batch.source), renumbered(batch.target), batch.index)

    def loss(self, model: nn.Module, batch: Batch) -> Float[Tensor, ""]:
        """The mean over real target tokens."""
        padding = SPECIAL.index("<pad>")
        labels = batch.target[:, 1:]
        real = labels != padding
        source_real = batch.source != padding
        total, *_ = model(
            return_type="loss",
            src=batch.source,
            src_length=source_real.sum(1),
            src_mask=source_real[:, None],
            trg_input=batch.target[:, :-1],
            trg=labels,
            trg_mask=real[:, None],
        )
        return total / real.sum()


def special() -> SimpleNamespace:
    """Its special tokens and their ids."""
    names = ("unk", "pad", "bos", "eos")
    tokens = {f"{name}_token": token for name, token in zip(names, SPECIAL, strict=True)}
    ids = {f"{name}_id": number for number, name in enumerate(names)}
    return SimpleNamespace(**tokens, **ids, sep_token=None, sep_id=None, lang_tags=[])


def renumbered(ids: Int[Tensor, "batch time"]) -> Int[Tensor, "batch time"]:
    """The ids with PAD and UNKNOWN swapped."""
    return torch.where(ids <= UNKNOWN, UNKNOWN - ids, ids)
