"""Trained models for use elsewhere: for CTranslate2, or with their batch norms folded away."""
