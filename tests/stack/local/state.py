"""What runs in a folder, on disk, so that another process can stop it. It must not be the only record of a process for longer
than a spawn takes: it is written right after each."""

import json
import os
import shutil
import signal
from pathlib import Path

from . import servers
from .process import Server


def save(into: Path, running: list[Server]) -> None:
    partial = into / "stack.json.partial"
    partial.write_text(json.dumps([server.asdict() for server in running], indent=1))
    partial.rename(into / "stack.json")


def load(into: Path) -> list[Server]:
    path = into / "stack.json"
    return [Server(**entry) for entry in json.loads(path.read_text())] if path.exists() else []


def write_env(into: Path, running: list[Server]) -> None:
    """Lines to source: addresses for clients, pids for people."""
    listeners = servers.listeners(running)
    lines = [f"KAFKA_BOOTSTRAP_SERVERS={listeners.pop('PLAINTEXT', '')}"]
    lines += [f"KAFKA_VIA_{name.removeprefix('VIA')}={addresses}" for name, addresses in listeners.items()]
    for server in running:
        if server.name == "registry":
            lines.append(f"SCHEMA_REGISTRY_URL={servers.registry_url(server.argv)}")
        if server.name == "objects":
            lines.append(f"S3_ENDPOINT={servers.objects_url(server.argv)}")
        lines.append(f"PID_{server.name.replace('-', '_').upper()}={server.pid}")
    partial = into / "env.partial"
    partial.write_text("\n".join(lines) + "\n")
    partial.rename(into / "env")


def stop(into: Path, keep_logs: bool) -> None:
    """Data is thrown away, so nothing is asked to end politely."""
    servers_here = load(into)
    for server in servers_here:
        server.tell(signal.SIGKILL)
    stubborn = [server for server in servers_here if not server.end(signal.SIGKILL, 10)]
    if stubborn:
        raise OSError(f"{', '.join(f'{server.name} (pid {server.pid})' for server in stubborn)}: does not end")
    if not keep_logs:
        shutil.rmtree(into, ignore_errors=True)
        return
    shutil.rmtree(into / "data", ignore_errors=True)
    for name in ("stack.json", "env"):
        (into / name).unlink(missing_ok=True)
    for properties in into.glob("*.properties"):
        properties.unlink()


def claim(into: Path) -> None:
    """A folder that holds a living stack is refused; what a dead one left is removed."""
    into.mkdir(parents=True, exist_ok=True)
    living = [server.name for server in load(into) if server.alive()]
    if living:
        raise OSError(f"{into} already runs {', '.join(living)}: tests/stack/down {into}")
    stop(into, keep_logs=False)
    os.makedirs(into / "data")
