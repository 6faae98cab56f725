"""How each server of the stack is configured and started. It must not wait for one: see ready.py."""

import base64
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from . import ports
from .process import Server, StartFailed

LOG4J = Path(__file__).resolve().parents[1] / "log4j2.properties"
JVM = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"]


@dataclass
class Via:
    """A listener of a broker that clients only reach through a proxy."""

    name: str
    port: int
    advertised: int


def kafka(home: Path, into: Path, brokers: int, via: list[list[int]]) -> list[Server]:
    """Brokers that are controllers too, formatted with one cluster id; each keeps its ports and data when started again."""
    chosen = ports.free((2 + len(via)) * brokers)
    clients, controllers, behind = chosen[:brokers], chosen[brokers : 2 * brokers], chosen[2 * brokers :]
    voters = ",".join(f"{node}@127.0.0.1:{port}" for node, port in enumerate(controllers, 1))
    classpath = f"{home}/kafka/*"
    # not one that begins with "-": the tool would take it for an option
    cluster_id = "k" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]
    servers, tools = [], []
    for node, (client, controller) in enumerate(zip(clients, controllers), 1):
        properties = into / f"kafka-{node}-{client}.properties"
        data = into / "data" / f"kafka-{node}-{client}"
        vias = [
            Via(f"VIA{n}", behind[(n - 1) * brokers + node - 1], advertised[node - 1]) for n, advertised in enumerate(via, 1)
        ]
        properties.write_text(broker_properties(node, client, controller, voters, data, brokers, vias))
        tool = ["-cp", classpath, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(properties)]
        tools.append(JVM + tool)
        heap = ["-Xms128m", "-Xmx384m"] if brokers > 1 else ["-Xms256m", "-Xmx512m"]
        argv = JVM + heap + [f"-Dlog4j2.configurationFile={LOG4J}", "-cp", classpath, "kafka.Kafka", str(properties)]
        servers.append(Server(f"kafka-{node}", argv, str(into / "logs" / f"kafka-{node}.log"), "Kafka Server started"))
    format_storage(tools)
    return servers


def format_storage(tools: list[list[str]]) -> None:
    """Side by side; none of them outlives this."""
    formatters: list[subprocess.Popen] = []
    try:
        for tool in tools:
            formatters.append(
                subprocess.Popen(tool, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
            )
        for formatter in formatters:
            words, _ = formatter.communicate(timeout=60)
            if formatter.returncode != 0:
                raise StartFailed(f"formatting a broker's storage failed\n{words.decode('utf-8', 'replace')}")
    finally:
        for formatter in formatters:
            formatter.kill()


def listeners(servers: list[Server]) -> dict[str, str]:
    """Where the brokers listen, by listener, read from the properties they run with."""
    addresses: dict[str, list[str]] = {}
    for server in servers:
        if server.name.startswith("kafka-"):
            lines = Path(server.argv[-1]).read_text().splitlines()
            line = next(line for line in lines if line.startswith("listeners="))
            for listener in line.partition("=")[2].split(","):
                name, _, address = listener.partition("://")
                addresses.setdefault(name, []).append(address)
    return {name: ",".join(found) for name, found in addresses.items() if name != "CONTROLLER"}


def broker_properties(
    node: int, client: int, controller: int, voters: str, data: Path, brokers: int, vias: list[Via]
) -> str:
    replicas, in_sync = (3, 2) if brokers > 1 else (1, 1)
    bound = "".join(f",{via.name}://127.0.0.1:{via.port}" for via in vias)
    advertised = "".join(f",{via.name}://127.0.0.1:{via.advertised}" for via in vias)
    protocols = "".join(f",{via.name}:PLAINTEXT" for via in vias)
    return f"""\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}{bound}
advertised.listeners=PLAINTEXT://127.0.0.1:{client}{advertised}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT{protocols}
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
num.partitions=4
default.replication.factor={replicas}
min.insync.replicas={in_sync}
offsets.topic.num.partitions=4
offsets.topic.replication.factor={replicas}
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={in_sync}
# a topic that nobody planned must fail, here as in production
auto.create.topics.enable=false
# what tests wait for: joins at once, sessions that may end after a second, abandoned transactions looked for every second
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
# a broker that hangs is fenced after three seconds
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
"""


def registry(home: Path, into: Path) -> Server:
    """Apicurio, in memory; Confluent's API lives under /apis/ccompat/v7."""
    (port,) = ports.free(1)
    (jar,) = (home / "registry").glob("apicurio-registry-app-*-runner.jar")
    address = ["-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={port}"]
    says_when_it_listens = ['-Dquarkus.log.category."io.quarkus".level=INFO']
    argv = JVM + ["-Xmx384m"] + address + says_when_it_listens + ["-jar", str(jar)]
    return Server("registry", argv, str(into / "logs" / "registry.log"), "Listening on: http", f"{registry_url(argv)}/subjects")


def registry_url(argv: list[str]) -> str:
    port = next(word for word in argv if word.startswith("-Dquarkus.http.port=")).rpartition("=")[2]
    return f"http://127.0.0.1:{port}/apis/ccompat/v7"


def objects(home: Path, into: Path) -> Server:
    """s3mock: the S3 calls without checking signatures; it makes its buckets on demand and forgets them when it ends."""
    (port,) = ports.free(1)
    (jar,) = (home / "objects").glob("s3mock-*-exec.jar")
    data = into / "data" / f"objects-{port}"
    data.mkdir(parents=True)
    listen = ["--server.address=127.0.0.1", f"--http.port={port}", "--server.port=0"]
    argv = JVM + ["-Xmx256m", f"-Djava.io.tmpdir={data}", "-jar", str(jar)] + listen
    return Server("objects", argv, str(into / "logs" / "objects.log"), "Started S3MockApplication", f"{objects_url(argv)}/")


def objects_url(argv: list[str]) -> str:
    port = next(word for word in argv if word.startswith("--http.port=")).rpartition("=")[2]
    return f"http://127.0.0.1:{port}"
