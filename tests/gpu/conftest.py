"""Collected only where Keras works on torch: see ``tests/test_gpu.py``."""

import os

if os.environ.get("KERAS_BACKEND") != "torch":
    collect_ignore_glob = ["test_*.py"]
