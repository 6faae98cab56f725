#!/usr/bin/env python3
"""Writes the JSON objects of its standard input to a topic, one per line, as an upstream system would. It must not reuse the worker's encoder.

With --avro each object becomes Avro under the latest schema of the topic's subject (or of --subject); with --schema that file
is registered first. Otherwise the line itself is the value. Ends with 1 unless every record was acknowledged by the broker.
"""

import argparse
import json
import os
import sys

from confluent_kafka import Producer

from wire import Registry


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("topic")
    parser.add_argument("--bootstrap", default=os.environ.get("KAFKA_BOOTSTRAP_SERVERS"))
    parser.add_argument("--registry", default=os.environ.get("SCHEMA_REGISTRY_URL"))
    parser.add_argument("--avro", action="store_true")
    parser.add_argument("--subject", help="default: TOPIC-value")
    parser.add_argument("--schema", help="an .avsc file to register under the subject first")
    keys = parser.add_mutually_exclusive_group()
    keys.add_argument("--key", help="the same key for every record")
    keys.add_argument("--key-field", help="the key is this field of the object")
    parser.add_argument("--header", action="append", default=[], metavar="NAME=VALUE")
    chosen = parser.parse_args()
    if not chosen.bootstrap:
        parser.error("--bootstrap or KAFKA_BOOTSTRAP_SERVERS")
    if (chosen.avro or chosen.schema) and not chosen.registry:
        parser.error("--registry or SCHEMA_REGISTRY_URL")
    return chosen


def encoder(chosen: argparse.Namespace):
    if not (chosen.avro or chosen.schema):
        return lambda text: text.encode()
    registry = Registry(chosen.registry)
    subject = chosen.subject or f"{chosen.topic}-value"
    if chosen.schema:
        with open(chosen.schema, encoding="utf-8") as schema:
            schema_id = registry.register(subject, schema.read())
    else:
        schema_id = registry.latest(subject)
    return lambda text: registry.encode(schema_id, json.loads(text))


def main() -> int:
    chosen = arguments()
    encode = encoder(chosen)
    # murmur2_random places a key as Java clients do; the pipeline's own topics rely on it
    producer = Producer({"bootstrap.servers": chosen.bootstrap, "enable.idempotence": True, "partitioner": "murmur2_random"})
    headers = [tuple(header.split("=", 1)) for header in chosen.header]
    failures: list[str] = []
    written = 0

    def delivered(error, message):
        if error is not None:
            failures.append(str(error))
        else:
            print(json.dumps({"partition": message.partition(), "offset": message.offset()}), flush=True)

    for text in filter(None, map(str.strip, sys.stdin)):
        key = str(json.loads(text)[chosen.key_field]) if chosen.key_field else chosen.key
        producer.produce(chosen.topic, value=encode(text), key=key, headers=headers, on_delivery=delivered)
        producer.poll(0)
        written += 1
    unsent = producer.flush(30)
    for failure in failures:
        print(f"error: {failure}", file=sys.stderr)
    if unsent or failures:
        print(f"error: {unsent + len(failures)} of {written} not acknowledged", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
