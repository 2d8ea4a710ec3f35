"""The errors of smsroi: each names the value, the rule it broke and the remedy."""


class SmsroiError(Exception):
    """Any error that smsroi raises on purpose; its text is meant for the user."""


class StoreError(SmsroiError):
    """The store cannot be opened, or a table in it does not keep its contract."""


class DataError(SmsroiError, ValueError):
    """Values handed to a function lie outside what it accepts."""


class ParameterError(SmsroiError, ValueError):
    """A parameter of an analysis or of a notebook is unknown, mistyped or out of range."""


class NotEstimableError(SmsroiError, ValueError):
    """The data cannot identify the quantity: an arm is empty or nothing varies."""


class ConvergenceError(NotEstimableError):
    """A likelihood has no maximum that the data can find; the text says why and what to do."""


class NotReadyError(NotEstimableError):
    """No customer's outcome window is over yet; the text says when the first one will be."""


class RenderError(SmsroiError):
    """A notebook failed while its report was rendered; earlier reports are untouched."""
