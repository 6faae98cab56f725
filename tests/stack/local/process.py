"""Starts and ends servers by pid. It must not end a process that it did not start: a pid counts only with its start time."""

import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

POLL_S = 0.05


class PortTaken(Exception):
    """Another process was quicker; other ports will do."""


class StartFailed(Exception):
    """The server ended or stayed silent; carries the end of its log."""


@dataclass
class Server:
    """One process as the state file remembers it."""

    name: str
    argv: list[str]
    log: str
    ready_line: str
    ready_url: str | None = None
    pid: int = 0
    born: str = ""
    log_start: int = 0

    def spawn(self) -> None:
        """In a session of its own, so neither a Ctrl-C nor the end of the caller reaches it."""
        Path(self.log).parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            self.log_start = log.tell()
            child = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, close_fds=True
            )
        self.pid = child.pid
        self.born = born(child.pid) or ""

    def alive(self) -> bool:
        return self.pid > 0 and born(self.pid) == self.born

    def tell(self, how: signal.Signals) -> None:
        """Signals the whole group, if the process lives."""
        if self.alive():
            os.killpg(self.pid, how)

    def end(self, how: signal.Signals, wait_s: float) -> bool:
        """Signals the whole group and waits until the process is gone."""
        self.tell(how)
        deadline = time.monotonic() + wait_s
        while self.alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        return True

    def words(self) -> str:
        """What this run of the server has logged."""
        with open(self.log, "rb") as log:
            log.seek(self.log_start)
            return log.read().decode("utf-8", "replace")

    def asdict(self) -> dict:
        return asdict(self)


def born(pid: int) -> str | None:
    """The start time of a living process; None for a dead one and for a zombie that only waits to be reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] == "Z":
        try:
            os.waitpid(pid, os.WNOHANG)
        except OSError:
            pass
        return None
    return fields[19]
