"""Customer lifetime value: how often customers buy, for how long, and what it is worth."""
