"""What all tests share: Hypothesis draws the same examples in every run.

Set ``HYPOTHESIS_PROFILE=explore`` to let it search anew; what it finds becomes an example.
"""

import os

from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))
