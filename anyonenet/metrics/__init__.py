"""Pure functions that say how good a result is; stages use them in validation, `evaluation` in its tables."""
