"""Chooses ports. It must not hold them: between choosing and binding another process may be quicker, so starters try again."""

import random
import socket
from pathlib import Path

LOWEST = 20_000


def below_ephemeral() -> int:
    """Ports that the system hands to outgoing connections are avoided: a broker must find its own free again after an outage,
    and a client that keeps dialling a closed port of that range may end up connected to itself."""
    limits = Path("/proc/sys/net/ipv4/ip_local_port_range")
    return int(limits.read_text().split()[0]) if limits.exists() else 32_768


def free(count: int) -> list[int]:
    """`count` different ports of 127.0.0.1 on which nothing listens now."""
    highest = below_ephemeral()
    candidates = range(LOWEST, highest) if highest > LOWEST + 1_000 else range(LOWEST, 60_000)
    chosen: list[int] = []
    for port in random.sample(candidates, min(len(candidates), 2_000)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        chosen.append(port)
        if len(chosen) == count:
            return chosen
    raise OSError(f"fewer than {count} free ports between {LOWEST} and {highest}")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
