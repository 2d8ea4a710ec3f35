"""The simulated programme as the files that real systems would export."""

from smsroi_models.simulate.exports.files import Step
from smsroi_models.simulate.exports.folder import is_exports, write_exports

__all__ = ["Step", "is_exports", "write_exports"]
