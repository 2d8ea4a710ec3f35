"""Words for probabilities, each with its range: Mastrandrea and others (2010), table 1."""

RANGES = {
    "virtually certain": (0.99, 1.0),
    "very likely": (0.9, 1.0),
    "likely": (0.66, 1.0),
    "about as likely as not": (0.33, 0.66),
    "unlikely": (0.0, 0.33),
    "very unlikely": (0.0, 0.1),
    "exceptionally unlikely": (0.0, 0.01),
}
