"""Post-norm with a weighted residual, for very deep stacks (Wang 2022, arXiv:2203.00555)."""

from collections.abc import Sequence

from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.placements.placement import Gains, MakeNorm, Norms, Placement, Stack, Sublayer


class DeepNorm(Placement):
    """norm(alpha x + F(x)), with value, output and feed-forward matrices that start smaller.

    alpha and the gain depend on how many layers encoder and decoder have (figure 2).
    """

    def __init__(self, norm: MakeNorm, stack: Stack) -> None:
        super().__init__(stack)
        self.norms = Norms(norm, stack)
        n, m = stack.encoder_layers, stack.decoder_layers
        if stack.name == "encoder":
            self.alpha, self.gain = 0.81 * (n**4 * m) ** (1 / 16), 0.87 * (n**4 * m) ** (-1 / 16)
        else:
            self.alpha, self.gain = (3 * m) ** (1 / 4), (12 * m) ** (-1 / 4)

    def gains(self) -> Gains:
        """The factor on value, output and feed-forward matrices."""
        return Gains(sublayers=self.gain)

    def forward(
        self,
        index: int,
        x: Float[Tensor, "batch time feature"],
        real: Bool[Tensor, "batch time"],
        sublayers: Sequence[Sublayer],
    ) -> Float[Tensor, "batch time feature"]:
        """Each sub-layer's weighted residual sum, normalised."""
        for norm, sublayer in zip(self.norms.of(index), sublayers, strict=True):
            x = norm(self.alpha * x + sublayer(x), real)
        return x
