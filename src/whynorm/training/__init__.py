"""Training: the module, its loss, optimisation and callbacks."""
