"""`generate` of Hugging Face's transformers, with its cache."""

from pathlib import Path
from typing import Any

import torch

from benchmarks.peers.marian import Training
from whynorm.benchmarks.translation import Translating
from whynorm.data.batch import pad
from whynorm.data.vocabulary import BEGIN, END, PAD

# A score that no search chooses.
NEVER = -1e9


class Decoding(Translating):
    """MarianMTModel with random weights, which never writes END or PAD."""

    def prepare(self) -> None:
        """Build the model and pad the batches."""
        torch.manual_seed(self.seed)
        self.model: Any = Training(self.sizes, Path()).build().eval()
        self.model.final_logits_bias[0, [PAD, END]] = NEVER
        settings = self.model.generation_config
        settings.max_length, settings.forced_eos_token_id = None, None
        self.sources = [pad(batch, "right") for batch in self.work.batches]

    def translate(self, batch: int) -> list[list[int]]:
        """The best translation of each sentence of a batch."""
        source = self.sources[batch]
        with torch.inference_mode():
            found = self.model.generate(
                input_ids=source,
                attention_mask=(source != PAD).long(),
                max_new_tokens=self.work.length,
                num_beams=self.work.width,
                do_sample=False,
                use_cache=True,
                decoder_start_token_id=BEGIN,
            )
        return found[:, 1:].tolist()
