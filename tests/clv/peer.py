"""lifetimes, whose import sets a pandas option that pandas 4 drops and uses old numpy names."""

import warnings

import pandas as pd

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", category=pd.errors.Pandas4Warning)
    import lifetimes
    from lifetimes.datasets import load_cdnow_summary

__all__ = ["cdnow", "lifetimes"]


def cdnow() -> pd.DataFrame:
    """Return the CDNOW sample: frequency, recency and T of 2,357 customers, in weeks."""
    return load_cdnow_summary()
