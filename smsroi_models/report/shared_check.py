"""A store that many reports are made from is checked once, for the kernels of all of them."""

import threading
from contextlib import suppress

from smsroi_models.report.forked import kernel_server
from smsroi_models.store.checked import as_message
from smsroi_models.store.connect import open_store


class SharedCheck:
    """Called before each report of a run; the first call checks, and others wait for it.

    A kernel that was not told, or finds other bytes in the store, checks it for itself. So does
    each where this check fails: its report then says what is wrong.
    """

    def __init__(self, url: str, reports: int) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._done = reports < 2  # one kernel gains nothing

    def __call__(self) -> None:
        """Check the store and let the server of kernels know, once."""
        with self._lock:
            if self._done:
                return
            self._done = True
            server = kernel_server()  # it does its imports meanwhile
            if server is not None:
                # Whatever is wrong with the store, each report says for itself.
                with suppress(Exception), open_store(self._url, threads=1) as store:
                    server.remember(as_message(store))
