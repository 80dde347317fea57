"""Speed and memory, measured by turns against what people would use instead."""
