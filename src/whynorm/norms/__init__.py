"""One file per normaliser; each is `weight * (x - location) / scale + bias`."""
