"""Text to batches: corpus, vocabulary, sampler, batch."""
