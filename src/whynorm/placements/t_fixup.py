"""Neither norms nor warm-up, but smaller first weights (Huang 2020, ICML, §3.2)."""

from collections.abc import Sequence

from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.placements.placement import Gains, MakeNorm, Norms, Placement, Stack, Sublayer


class TFixup(Placement):
    """x + F(norm(x)), with first weights made small enough to train without norm and warm-up.

    The paper has no norm there, and its option chooses none; another stands where pre-norm has it.
    """

    def __init__(self, norm: MakeNorm, stack: Stack) -> None:
        super().__init__(stack)
        self.norms = Norms(norm, stack)

    def gains(self) -> Gains:
        """Factors on value, output and feed-forward matrices, and on the embeddings."""
        embedding = (9 * self.stack.decoder_layers) ** (-1 / 4)
        if self.stack.name == "decoder":
            return Gains(sublayers=embedding, embedding=embedding)
        return Gains(sublayers=0.67 * self.stack.encoder_layers ** (-1 / 4), embedding=embedding)

    def forward(
        self,
        index: int,
        x: Float[Tensor, "batch time feature"],
        real: Bool[Tensor, "batch time"],
        sublayers: Sequence[Sublayer],
    ) -> Float[Tensor, "batch time feature"]:
        """The residual stream, to which each sub-layer is added."""
        for norm, sublayer in zip(self.norms.of(index), sublayers, strict=True):
            x = x + sublayer(norm(x, real))
        return x
