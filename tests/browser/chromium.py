"""A headless Chromium, driven over its DevTools pipe: no port, no library."""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
from pathlib import Path
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 60
# Past the two that Chromium is told to read and write.
_FIRST_FREE = 10


def find() -> str | None:
    """Return the path of a browser; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Chromium:
    """One browser with one tab.

    Parameters
    ----------
    binary : str
    profile : Path
        An empty folder of its own.
    """

    def __init__(self, binary: str, profile: Path) -> None:
        commands, self._write = (_above(end) for end in os.pipe())
        self._read, answers = (_above(end) for end in os.pipe())
        arguments = [
            *(binary, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"),
            *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
            *("--disable-sync", "--disable-quic", "--disable-dev-shm-usage", "--mute-audio"),
            *(f"--user-data-dir={profile}", "about:blank"),
        ]
        quiet = os.open(os.devnull, os.O_WRONLY)
        self._process = os.posix_spawn(
            binary,
            arguments,
            {**os.environ, "HOME": str(profile)},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, commands, 3),
                (os.POSIX_SPAWN_DUP2, answers, 4),
                (os.POSIX_SPAWN_DUP2, quiet, 1),
                (os.POSIX_SPAWN_DUP2, quiet, 2),
            ],
            setpgroup=0,
        )
        for end in (commands, answers, quiet):
            os.close(end)
        self._last, self._rest, self._session = 0, b"", ""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        os.close(self._write)
        os.close(self._read)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return a command's answer; what happens meanwhile is kept in ``events``."""
        self._last += 1
        command = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        self._write_all(json.dumps(command).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") == self._last:
                assert "error" not in message, f"{method}: {message['error']}"
                return dict(message["result"])
            self.events.append(message)

    def open(self, page: Path, width: int, *, dark: bool = False, touch: bool = False) -> None:
        """Show a page at a width, until it is loaded."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=touch,
        )
        self.events.clear()
        self.call("Page.navigate", url=page.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def evaluate(self, expression: str) -> Any:
        """Return the value of a script, awaited; it runs beside the page, not in it."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def pdf(self) -> bytes:
        """Return the page as it prints on A4, with an outline of its headings."""
        answer = self.call(
            "Page.printToPDF",
            preferCSSPageSize=True,
            paperWidth=8.27,
            generateTaggedPDF=True,
            generateDocumentOutline=True,
        )
        return base64.b64decode(answer["data"])

    def asked_for(self) -> list[str]:
        """Return the addresses that the page asked for, itself and what it holds left out."""
        sent = [e["params"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]
        urls = [event["request"]["url"] for event in sent if event["type"] != "Document"]
        return [url for url in urls if not url.startswith("data:")]

    def complaints(self) -> list[str]:
        """Return what the console said, whatever its level, and scripts that failed."""
        kinds = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
        return [json.dumps(e["params"]) for e in self.events if e.get("method") in kinds]

    def _write_all(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._write, view) :]

    def _next(self) -> dict[str, Any]:
        """Return the next message; Chromium that is gone, or silent for a minute, is an error."""
        while b"\0" not in self._rest:
            ready = select.select([self._read], [], [], _SECONDS)[0]
            assert ready, f"Chromium said nothing for {_SECONDS} seconds"
            part = os.read(self._read, 1 << 20)
            assert part, "Chromium ended"
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))


def _above(end: int) -> int:
    """Return a copy of a file descriptor beyond those Chromium uses, inherited by no child."""
    copy = fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE)
    os.close(end)
    return copy
