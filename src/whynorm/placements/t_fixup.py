"""Neither norms nor warm-up, but smaller first weights (Huang 2020, ICML, §3.2)."""

from jaxtyping import Float
from torch import Tensor

from whynorm.placements.placement import Gains, Place, Placement, Sublayer


class TFixup(Placement):
    """x + F(norm(x)), with first weights made small enough to train without norm and warm-up.

    The paper has no norm there, and its option chooses none; another stands where pre-norm has it.
    """

    def gains(self) -> Gains:
        """Factors on value, output and feed-forward matrices, and on the embeddings."""
        embedding = (9 * self.stack.decoder_layers) ** (-1 / 4)
        if self.stack.name == "decoder":
            return Gains(sublayers=embedding, embedding=embedding)
        return Gains(sublayers=0.67 * self.stack.encoder_layers ** (-1 / 4), embedding=embedding)

    def connect(
        self, x: Float[Tensor, "batch time feature"], sublayer: Sublayer, norm: Sublayer, at: Place
    ) -> Float[Tensor, "batch time feature"]:
        """The residual stream, to which the sub-layer is added."""
        return x + sublayer(norm(x))
