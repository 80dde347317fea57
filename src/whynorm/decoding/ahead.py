"""The masks of target tokens that are still to be decoded."""

from typing import NamedTuple

import torch
from jaxtyping import Bool
from torch import Tensor

from whynorm.masks.paper import Newest, Rules


class Ahead(NamedTuple):
    """Masks of so many target tokens, made before they are decoded.

    `decoder_open` and `cross_open` say of each token whether it sees everything up to itself, and
    the whole source of every sentence: attention is then faster without a mask.
    """

    reach: int
    decoder: Bool[Tensor, "sentence 1 target target"]
    cross: Bool[Tensor, "sentence 1 target source"]
    decoder_open: list[bool]
    cross_open: list[bool]

    @classmethod
    def of(cls, rules: Rules, source_real: Bool[Tensor, "sentence source"], reach: int) -> "Ahead":
        """Those of the rules, for the next `reach` tokens of each sentence."""
        sentences, source = source_real.shape
        masks = rules(source_real, source_real.new_ones(sentences, reach))
        # All prefixes have the same length, so what one may see of itself all may.
        decoder = masks.decoder[:1].expand(-1, -1, reach, reach)
        cross = masks.cross.expand(-1, -1, reach, source)
        later = decoder.new_ones(reach, reach).triu(1)
        every = (decoder | later).flatten(0, 1).all(2).all(0), cross.flatten(0, 1).all(2).all(0)
        both: list[list[bool]] = torch.stack(every).tolist()
        return cls(reach, decoder, cross, *both)

    def newest(self, at: int, rows: int) -> Newest:
        """What the tokens at a position may see, in so many rows."""
        decoder = None if self.decoder_open[at] else self.decoder[:, :, at : at + 1, : at + 1]
        cross = None if self.cross_open[at] else self.cross[:, :, at : at + 1]
        return Newest(self.decoder.new_ones(rows, 1), decoder, cross)
