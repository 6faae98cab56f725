"""Fetches the servers once and says where they are. It must not start anything."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
POM = Path(__file__).resolve().parents[1] / "pom.xml"

# By default Maven 3.8 waits half an hour for a connection that has gone silent; the second pair is what 3.9 listens to.
IMPATIENT = [
    "-Dmaven.wagon.rto=60000",
    "-Dmaven.wagon.http.readTimeout=60000",
    "-Daether.connector.connectTimeout=10000",
    "-Daether.connector.requestTimeout=60000",
]
TIMEOUT_S = 300


class Missing(Exception):
    """A tool of this machine that the stack needs is not there."""


def fetch() -> Path:
    """The folder with kafka/, registry/ and objects/; downloaded when the pom (so a version) has changed."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            raise Missing(f"{tool} is not installed: run scripts/setup test")
    cache = Path(os.environ.get("STACK_CACHE", ROOT / ".cache" / "stack"))
    cache.mkdir(parents=True, exist_ok=True)
    home = cache / hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    with open(cache / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.is_dir():
            download(home)
    return home


def download(home: Path) -> None:
    """All or nothing: a download that was interrupted leaves no folder under the final name."""
    print(f"downloading Kafka, the registry and the object store into {home}", flush=True)
    partial = home.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    command = ["mvn", "-q", "-B", *IMPATIENT, "-f", str(POM), "generate-resources", f"-Dinto={partial}"]
    for attempt in (1, 2, 3):  # a registry that hiccups is the network's ordinary weather
        try:
            # Maven's words, escape codes included, must not mix with the lines that whoever starts a stack reads
            if subprocess.run(command, check=False, stdout=sys.stderr, timeout=TIMEOUT_S).returncode == 0:
                partial.rename(home)
                return
        except subprocess.TimeoutExpired:
            print(f"maven took longer than {TIMEOUT_S} s", file=sys.stderr, flush=True)
        print(f"maven failed, try {attempt} of 3", flush=True)
    raise Missing("Maven could not download the stack; its words are above")
