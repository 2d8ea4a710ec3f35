"""What customers said: scores with intervals, weights for who did not answer, and what followed."""
