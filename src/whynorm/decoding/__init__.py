"""Greedy and beam search, translating texts, and scoring translations."""
