"""MarianMTModel of Hugging Face's transformers."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from whynorm.benchmarks.peer import Peer
from whynorm.data.batch import Batch
from whynorm.data.vocabulary import BEGIN, END, PAD


class Training(Peer):
    """Trained with the cross-entropy of its logits, labels smoothed, padding left out."""

    def build(self) -> nn.Module:
        """The model of its configuration, with random weights."""
        from transformers import MarianConfig, MarianMTModel  # pyright: ignore

        sizes = self.sizes
        config = MarianConfig(
            vocab_size=sizes.vocabulary,
            d_model=sizes.d_model,
            encoder_layers=sizes.encoder_layers,
            decoder_layers=sizes.decoder_layers,
            encoder_attention_heads=sizes.heads,
            decoder_attention_heads=sizes.heads,
            encoder_ffn_dim=sizes.d_ff,
            decoder_ffn_dim=sizes.d_ff,
            dropout=sizes.dropout,
            activation_function="relu",
            scale_embedding=True,
            max_position_embeddings=max(sizes.longest, 512),
            pad_token_id=PAD,
            bos_token_id=BEGIN,
            eos_token_id=END,
            decoder_start_token_id=BEGIN,
        )
        return MarianMTModel(config)

    def loss(self, model: nn.Module, batch: Batch) -> Float[Tensor, ""]:
        """The mean over real target tokens."""
        inputs, labels = batch.target[:, :-1], batch.target[:, 1:]
        logits = model(
            input_ids=batch.source,
            attention_mask=(batch.source != PAD).long(),
            decoder_input_ids=inputs,
            decoder_attention_mask=(inputs != PAD).long(),
            use_cache=False,
        ).logits
        return F.cross_entropy(
            logits.flatten(0, 1),
            labels.flatten(),
            ignore_index=PAD,
            label_smoothing=self.sizes.label_smoothing,
        )
