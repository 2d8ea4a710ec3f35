"""What customers say when asked: scores, weights, and the words that go with them."""
