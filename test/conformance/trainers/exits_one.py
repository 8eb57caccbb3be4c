"""Finds something wrong and says so."""

import sys

print("ValueError: column 'age' is missing from the training data", file=sys.stderr)
sys.exit(1)
