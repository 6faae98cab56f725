"""Confluent framing over a registry, written from its specification: magic byte 0, schema id in four bytes, Avro.

It must not share anything with the worker: a mistake made on both sides would prove itself right.
"""

import base64
import io
import json
import struct
import time
from datetime import date, datetime
from decimal import Decimal

import fastavro
import requests


# A registry that is away for a moment must not make a record unreadable for good.
PATIENCE_S = 30
PAUSE_S = 0.5


class Registry:
    def __init__(self, url: str):
        self.url = url.rstrip("/")
        self.session = requests.Session()
        self.parsed: dict[int, dict] = {}

    def by_id(self, schema_id: int) -> dict:
        if schema_id not in self.parsed:
            answer = self.patiently(f"{self.url}/schemas/ids/{schema_id}")
            answer.raise_for_status()
            self.parsed[schema_id] = fastavro.parse_schema(json.loads(answer.json()["schema"]))
        return self.parsed[schema_id]

    def patiently(self, url: str) -> requests.Response:
        """Its answer, whatever it is; asked again as long as there is none."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.session.get(url, timeout=10)
            except (requests.ConnectionError, requests.Timeout):
                if time.monotonic() > deadline:
                    raise
                time.sleep(PAUSE_S)

    def latest(self, subject: str) -> int:
        answer = self.session.get(f"{self.url}/subjects/{subject}/versions/latest", timeout=10)
        answer.raise_for_status()
        return answer.json()["id"]

    def register(self, subject: str, schema_text: str) -> int:
        answer = self.session.post(f"{self.url}/subjects/{subject}/versions", json={"schema": schema_text}, timeout=10)
        answer.raise_for_status()
        return answer.json()["id"]

    def decode(self, value: bytes) -> tuple[int, object]:
        _, schema_id = struct.unpack(">bI", value[:5])
        return schema_id, fastavro.schemaless_reader(io.BytesIO(value[5:]), self.by_id(schema_id), None)

    def encode(self, schema_id: int, record: dict) -> bytes:
        out = io.BytesIO(struct.pack(">bI", 0, schema_id))
        out.seek(5)
        fastavro.schemaless_writer(out, self.by_id(schema_id), record, strict_allow_default=True)
        return out.getvalue()


def plain(value: object) -> object:
    """What json.dumps does not know: times as milliseconds, as the records hold them; bytes as base64."""
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} in a record")


def describe(value: bytes | None, registry: Registry | None) -> dict:
    """A record's value by what it is: nothing, framed Avro, JSON, or bytes."""
    if value is None:
        return {"format": "none", "value": None}
    if len(value) > 5 and value[0] == 0 and registry is not None:
        try:
            schema_id, record = registry.decode(value)
            return {"format": "avro", "schema_id": schema_id, "value": record}
        except Exception:  # a dead letter may hold anything: fastavro and the registry have no common error
            return {"format": "undecodable", "value": value}
    try:
        return {"format": "json", "value": json.loads(value)}
    except ValueError:
        return {"format": "bytes", "value": value}
