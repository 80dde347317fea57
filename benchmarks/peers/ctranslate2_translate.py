"""The inference engine CTranslate2, in single precision, with the weights of our model."""

import os
import tempfile

from whynorm.benchmarks.translation import Translating, built


class Decoding(Translating):
    """Our model after its export."""

    def prepare(self) -> None:
        """Write the model for the engine, let it read that, and call tokens by their names."""
        import ctranslate2  # pyright: ignore[reportMissingImports]

        from whynorm.export.ctranslate import specification

        with tempfile.TemporaryDirectory() as folder:
            spec = specification(built(self.sizes, self.seed), reach=self.sizes.longest)
            names = [str(number) for number in range(self.sizes.vocabulary)]
            spec.register_source_vocabulary(names)
            spec.register_target_vocabulary(names)
            spec.validate()
            spec.save(folder)
            threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
            self.engine = ctranslate2.Translator(
                folder, device="cpu", compute_type="float32", intra_threads=threads
            )
        every = self.work.batches
        self.sources = [[[str(token) for token in one] for one in batch] for batch in every]

    def translate(self, batch: int) -> list[list[int]]:
        """The best translation of each sentence of a batch."""
        found = self.engine.translate_batch(
            self.sources[batch],
            beam_size=self.work.width,
            min_decoding_length=self.work.length,
            max_decoding_length=self.work.length,
            max_input_length=0,
        )
        return [[int(name) for name in one.hypotheses[0]] for one in found]
