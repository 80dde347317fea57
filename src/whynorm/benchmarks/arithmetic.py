"""How much arithmetic a model does: the multiplications and additions of its matrix products."""

from typing import NamedTuple

from whynorm.benchmarks.material import Material

# A backward pass multiplies twice for each product of the forward pass: for input and for weight.
WITH_BACKWARD = 3


class Sizes(NamedTuple):
    """What models of different makers must have alike; `longest` is in positions."""

    d_model: int
    heads: int
    d_ff: int
    encoder_layers: int
    decoder_layers: int
    dropout: float
    vocabulary: int
    longest: int
    label_smoothing: float
    clip: float


def operations(sizes: Sizes, source: int, target: int) -> int:
    """The floating-point operations of a forward pass over one pair of so many real tokens.

    A product of (m, k) and (k, n) has 2 m n k. Each query is counted with every key of its
    sentence, hidden or not; embeddings, norms, softmax, dropout and padding are not counted.
    """
    d, d_ff = sizes.d_model, sizes.d_ff
    encoder = attention(source, source, d) + 4 * source * d * d_ff
    decoder = attention(target, target, d) + attention(target, source, d) + 4 * target * d * d_ff
    layers = sizes.encoder_layers * encoder + sizes.decoder_layers * decoder
    return layers + 2 * target * d * sizes.vocabulary


def attention(queries: int, keys: int, d_model: int) -> int:
    """The operations of one multi-head attention: four projections, scores and weighted sums."""
    projections = 4 * d_model * d_model * (queries + keys)
    return projections + 4 * queries * keys * d_model


def training_operations(sizes: Sizes, material: Material, number: int) -> int:
    """The operations of a round of training, forward and backward."""
    pairs = [one for batch in material.examples(number) for one in batch]
    return WITH_BACKWARD * sum(
        operations(sizes, len(one.source), len(one.target) + 1) for one in pairs
    )
