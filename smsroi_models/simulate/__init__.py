"""A texting programme with known truth, to try and to calibrate everything else on."""

from smsroi_models.simulate.program import Program, simulate_program
from smsroi_models.simulate.shop import Shop

__all__ = ["Program", "Shop", "simulate_program"]
