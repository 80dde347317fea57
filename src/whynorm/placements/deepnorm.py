"""Post-norm with a weighted residual, for very deep stacks (Wang 2022, arXiv:2203.00555)."""

from jaxtyping import Float
from torch import Tensor

from whynorm.placements.placement import Gains, MakeNorm, Place, Placement, Stack, Sublayer


class DeepNorm(Placement):
    """norm(alpha x + F(x)), with value, output and feed-forward matrices that start smaller.

    alpha and the gain depend on how many layers encoder and decoder have (figure 2).
    """

    def __init__(self, norm: MakeNorm, stack: Stack) -> None:
        super().__init__(norm, stack)
        n, m = stack.encoder_layers, stack.decoder_layers
        if stack.name == "encoder":
            self.alpha, self.gain = 0.81 * (n**4 * m) ** (1 / 16), 0.87 * (n**4 * m) ** (-1 / 16)
        else:
            self.alpha, self.gain = (3 * m) ** (1 / 4), (12 * m) ** (-1 / 4)

    def gains(self) -> Gains:
        """The factor on value, output and feed-forward matrices."""
        return Gains(sublayers=self.gain)

    def connect(
        self, x: Float[Tensor, "batch time feature"], sublayer: Sublayer, norm: Sublayer, at: Place
    ) -> Float[Tensor, "batch time feature"]:
        """The weighted residual sum, normalised."""
        return norm(self.alpha * x + sublayer(x))
