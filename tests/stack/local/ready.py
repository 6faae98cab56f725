"""Waits until servers answer. It must not take a port that answers for the server: the server's own log has to say so too."""

import time
import urllib.error
import urllib.request

from . import process

TAKEN = ("Address already in use", "BindException", "already bound", "Port in use", "was already in use")


def wait(servers: list[process.Server], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    waiting = list(servers)
    while waiting:
        waiting = [server for server in waiting if not is_ready(server)]
        if waiting and time.monotonic() > deadline:
            raise process.StartFailed(f"{waiting[0].name} not ready after {timeout_s:.0f} s\n{tail(waiting[0])}")
        time.sleep(process.POLL_S if waiting else 0)


def is_ready(server: process.Server) -> bool:
    words = server.words()
    if not server.alive():
        if any(sign in words for sign in TAKEN):
            raise process.PortTaken(server.name)
        raise process.StartFailed(f"{server.name} ended while starting\n{tail(server)}")
    return server.ready_line in words and (server.ready_url is None or answers(server.ready_url))


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def tail(server: process.Server) -> str:
    return "\n".join(f"  | {line}" for line in server.words().splitlines()[-30:])
