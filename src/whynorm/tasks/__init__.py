"""What a command does: train, evaluate, translate; each with a run folder."""
