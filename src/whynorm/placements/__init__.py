"""Where the norms stand: one file per wiring of sub-layers, residual connections and norms."""
