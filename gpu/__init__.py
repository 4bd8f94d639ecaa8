"""Training on one GPU in minutes, in plain torch: docs/training.md, "On a machine with a GPU"."""
