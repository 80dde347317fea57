"""The Transformer, with normaliser, placement and mask fill left open."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor, nn

from whynorm.masks.fill import Fill
from whynorm.masks.paper import Masks, Newest
from whynorm.model.attention import KeysValues, Past
from whynorm.model.embedding import Embeddings, Tokens
from whynorm.model.initialisation import initialise
from whynorm.model.layers import Decoder, DecoderLayer, Encoder, EncoderLayer
from whynorm.model.query_key import MakeQueryKeyNorm
from whynorm.norms.norm import Norm
from whynorm.placements.placement import Placement, Stack

# What torch.compile knows: "reduce-overhead" records CUDA graphs.
MODES = ("default", "reduce-overhead", "max-autotune")


class Choices(NamedTuple):
    """What an experiment varies in the model: makers of norms and placements, and the fill."""

    norm: Callable[[int], Norm]
    decoder_norm: Callable[[int], Norm]
    placement: Callable[[Callable[[int], Norm], Stack], Placement]
    fill: Fill
    qk_norm: MakeQueryKeyNorm


@dataclass
class Cache:
    """What decoding token by token remembers: the memory's keys and values, and the past's.

    The memory has a row for each sentence, the past one for each prefix; a sentence's prefixes
    stand one after the other, as many for each sentence.
    """

    memory: list[KeysValues]
    past: list[Past]
    length: int = 0

    def select(
        self, prefixes: Int[Tensor, " prefix"], sentences: Int[Tensor, " sentence"] | None
    ) -> "Cache":
        """The cache of these prefixes and sentences, in that order; None: of the same sentences."""
        memory = self.memory
        if sentences is not None:
            memory = [layer.select(sentences) for layer in memory]
        return Cache(memory, [layer.select(prefixes) for layer in self.past], self.length)


def require_sizes(
    d_model: int, heads: int, d_ff: int, encoder_layers: int, decoder_layers: int
) -> None:
    """Raise ValueError, with the name, where one of them is below 1."""
    for name, size in list(locals().items()):
        if size < 1:
            raise ValueError(f"model.{name}={size} is too small; choose 1 or more")


class Transformer(nn.Module):
    """Encoder and decoder with their embeddings (Vaswani 2017, figure 1).

    Masks come with every call, so one model serves any rules. Raises ValueError where a size is
    below 1, and where `heads` does not divide `d_model`.
    """

    def __init__(
        self,
        tokens: Tokens,
        choices: Choices,
        *,
        d_model: int,
        heads: int,
        d_ff: int,
        encoder_layers: int,
        decoder_layers: int,
        dropout: float,
        embedding: Callable[..., Embeddings],
    ) -> None:
        super().__init__()
        require_sizes(d_model, heads, d_ff, encoder_layers, decoder_layers)
        self.fill = choices.fill
        layer = {
            "heads": heads,
            "d_ff": d_ff,
            "dropout": dropout,
            "fill": choices.fill,
            "qk_norm": choices.qk_norm,
        }
        stack = partial(
            Stack,
            encoder_layers=encoder_layers,
            decoder_layers=decoder_layers,
            d_model=d_model,
            d_ff=d_ff,
            heads=heads,
        )
        self.embedding = embedding(tokens, d_model, dropout=dropout)
        self.encoder = Encoder(
            [EncoderLayer(d_model, **layer) for _ in range(encoder_layers)],
            choices.placement(choices.norm, stack("encoder")),
        )
        self.decoder = Decoder(
            [DecoderLayer(d_model, **layer) for _ in range(decoder_layers)],
            choices.placement(choices.decoder_norm, stack("decoder")),
        )

    def forward(
        self,
        source: Int[Tensor, "batch source"],
        target: Int[Tensor, "batch target"],
        masks: Masks,
    ) -> Float[Tensor, "batch target vocabulary"]:
        """Scores (logits) of the token after each target token, teacher-forced."""
        return self.project(self.decode(target, self.encode(source, masks), masks))

    def encode(
        self, source: Int[Tensor, "batch source"], masks: Masks
    ) -> Float[Tensor, "batch source feature"]:
        """The encoder's memory of the source."""
        return self.encoder(self.embedding.source(source, masks.source), masks)

    def decode(
        self,
        target: Int[Tensor, "batch target"],
        memory: Float[Tensor, "batch source feature"],
        masks: Masks,
    ) -> Float[Tensor, "batch target feature"]:
        """The decoder's states for all target tokens at once."""
        x = self.embedding.target(target, masks.target)
        return self.decoder(x, masks, self.decoder.remember(memory))

    def project(self, states: Float[Tensor, "*any feature"]) -> Float[Tensor, "*any vocabulary"]:
        """Scores (logits) over the target vocabulary."""
        return self.embedding.project(states)

    def start(self, memory: Float[Tensor, "batch source feature"]) -> Cache:
        """An empty cache over the memory, for decoding token by token; for evaluating only."""
        assert not self.training, "batch statistics of single tokens would be learnt from"
        return Cache(self.decoder.remember(memory), [Past() for _ in self.decoder.layers])

    def step(
        self, token: Int[Tensor, "batch 1"], cache: Cache, masks: Newest
    ) -> Float[Tensor, "batch 1 feature"]:
        """The state of the newest target token, appended to the cache."""
        x = self.embedding.next(token, cache.length)
        cache.length += 1
        return self.decoder(x, masks, cache.memory, cache.past)

    @property
    def incremental(self) -> bool:
        """True if no decoder norm looks across time when evaluating, as a cache needs."""
        norms = (module for module in self.decoder.modules() if isinstance(module, Norm))
        return not any(norm.across_time for norm in norms)

    def take_penalty(self) -> Float[Tensor, ""]:
        """What the norms add to the loss per token for the last batch, cleared; 0 for most."""
        total = self.embedding.source_table.weight.new_zeros(())
        for norm in (module for module in self.modules() if isinstance(module, Norm)):
            if norm.penalty is not None:
                total, norm.penalty = total + norm.penalty, None
        return total

    def compile_stacks(self, mode: str) -> None:
        """Let torch compile encoder and decoder when they first run; names of weights stay.

        `mode` is torch.compile's; ValueError where there is none of that name.
        """
        if mode not in MODES:
            raise ValueError(
                f"compile={mode} is no mode; choose one of {', '.join(MODES)}, or null"
            )
        self.encoder.compile(mode=mode)
        self.decoder.compile(mode=mode)

    def initialise(self, seed: int) -> None:
        """Draw all weights; a parameter of the same name and shape gets the same in any model."""
        initialise(self, seed)
