"""Keeps every batch it has seen."""

import numpy as np

batches = []
while True:
    batches.append(np.ones((1000, 1000)))
