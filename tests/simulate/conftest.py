import numpy as np
import pytest

from smsroi_models.simulate import Program, simulate_program


@pytest.fixture(scope="package")
def program() -> Program:
    """A small programme with every table, used where nothing special is needed."""
    return simulate_program(4_000, 4, np.random.default_rng(20_250_106))
