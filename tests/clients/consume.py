#!/usr/bin/env python3
"""Prints records as an outsider reads them: one JSON object per line. It must not commit, join a group that others use, or write.

Ends after --count records, or at the end of every partition with --to-end (exit 0), or after --timeout (exit 3, with what came printed).
"""

import argparse
import json
import os
import sys
import time
import uuid

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from wire import Registry, describe, plain

NEW_TOPIC_SECONDS = 10


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("topics", nargs="+")
    parser.add_argument("--bootstrap", default=os.environ.get("KAFKA_BOOTSTRAP_SERVERS"))
    parser.add_argument("--registry", default=os.environ.get("SCHEMA_REGISTRY_URL"))
    parser.add_argument("--count", type=int, help="stop after this many records")
    parser.add_argument("--to-end", action="store_true", help="stop at the end of every partition, as it was when reached")
    parser.add_argument("--timeout", type=float, default=30.0, help="seconds")
    parser.add_argument("--key", help="count and print only records with this key")
    parser.add_argument("--from-latest", action="store_true", help="only what is written from now on; prints `reading` first")
    parser.add_argument("--from-beginning", action="store_true", help="the default, for those who like to say it")
    parser.add_argument("--isolation", choices=("read_committed", "read_uncommitted"), default="read_committed")
    chosen = parser.parse_args()
    if not chosen.bootstrap:
        parser.error("--bootstrap or KAFKA_BOOTSTRAP_SERVERS")
    return chosen


def connect(chosen: argparse.Namespace) -> Consumer:
    """Assigned by hand: no group, no rebalance, nothing to wait for but the records."""
    consumer = Consumer(
        {
            "bootstrap.servers": chosen.bootstrap,
            "group.id": f"outsider-{uuid.uuid4()}",
            "enable.auto.commit": False,
            "isolation.level": chosen.isolation,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 20,
            "fetch.message.max.bytes": 8 << 20,
            "receive.message.max.bytes": 200 << 20,
        }
    )
    known = topics(consumer, chosen)
    partitions = [TopicPartition(topic, number, 0) for topic in chosen.topics for number in known[topic].partitions]
    if chosen.from_latest:
        for partition in partitions:
            partition.offset = consumer.get_watermark_offsets(partition, timeout=chosen.timeout)[1]
    consumer.assign(partitions)
    if chosen.from_latest:
        print("reading", flush=True)
    return consumer


def topics(consumer: Consumer, chosen: argparse.Namespace) -> dict:
    """Their metadata. A broker may not tell of a topic at once that was just made."""
    deadline = time.monotonic() + min(chosen.timeout, NEW_TOPIC_SECONDS)
    while True:
        known = consumer.list_topics(timeout=chosen.timeout).topics
        absent = [topic for topic in chosen.topics if topic not in known or not known[topic].partitions]
        if not absent:
            return known
        if time.monotonic() > deadline:
            sys.exit(f"error: no topic {', '.join(absent)}")
        time.sleep(0.1)


def line(message, registry: Registry | None) -> dict:
    key = message.key()
    return {
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": message.timestamp()[1],
        "key": None if key is None else key.decode("utf-8", "replace"),
        "headers": {name: "" if value is None else value.decode("utf-8", "replace") for name, value in message.headers() or []},
        **describe(message.value(), registry),
    }


def main() -> int:
    chosen = arguments()
    registry = Registry(chosen.registry) if chosen.registry else None
    consumer = connect(chosen)
    open_ends = {(partition.topic, partition.partition) for partition in consumer.assignment()}
    deadline = time.monotonic() + chosen.timeout
    printed = 0
    try:
        while chosen.count is None or printed < chosen.count:
            if time.monotonic() > deadline:
                return 3
            message = consumer.poll(0.1)
            if message is None:
                continue
            if message.error():
                if message.error().code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(message.error())
                open_ends.discard((message.topic(), message.partition()))
                if chosen.to_end and not open_ends:
                    break
                continue
            if chosen.key is not None and (message.key() or b"").decode("utf-8", "replace") != chosen.key:
                continue
            print(json.dumps(line(message, registry), default=plain), flush=True)
            printed += 1
    finally:
        consumer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
