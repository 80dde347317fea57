"""Our own model at the sizes of a benchmark, with random weights."""

from collections.abc import Callable
from functools import partial

from whynorm.benchmarks.arithmetic import Sizes
from whynorm.masks.fill import Fused
from whynorm.model.embedding import Embeddings, LearnedPositions, Tokens
from whynorm.model.query_key import QueryKeyNorm
from whynorm.model.transformer import Choices, Transformer
from whynorm.norms.norm import Norm
from whynorm.placements.placement import Placement


def random_model(
    sizes: Sizes,
    norm: Callable[[int], Norm],
    placement: type[Placement],
    seed: int,
    *,
    tied: bool,
) -> Transformer:
    """A model with learnt positions and one vocabulary for both sides."""
    positions = partial(LearnedPositions, maximum_length=sizes.longest)
    model = Transformer(
        Tokens(sizes.vocabulary, sizes.vocabulary, True),
        Choices(norm, norm, placement, Fused(), QueryKeyNorm),
        d_model=sizes.d_model,
        heads=sizes.heads,
        d_ff=sizes.d_ff,
        encoder_layers=sizes.encoder_layers,
        decoder_layers=sizes.decoder_layers,
        dropout=sizes.dropout,
        embedding=partial(Embeddings, tied=tied, positions=positions),
    )
    model.initialise(seed)
    return model
