"""Publishes events and waits until the brokers have them. Needs: pip install confluent-kafka"""

import json
import os
import sys

from confluent_kafka import Producer

brokers = os.environ.get("ORIGEM_KAFKA_BOOTSTRAP", "127.0.0.1:9092")
topic = os.environ.get("ORIGEM_KAFKA_PREFIX", "origem.") + "inbound.v1"
producer = Producer({"bootstrap.servers": brokers, "enable.idempotence": True, "compression.type": "lz4"})
refused = []


def reported(error, record):
    """Called once for each record: without an error, the brokers have it."""
    if error:
        refused.append(error)
    else:
        print(f"acknowledged: {record.topic()}-{record.partition()}@{record.offset()}")


events = [
    {
        "kind": "message_received",
        "channel": {"kind": "webchat", "id": "site-1"},
        "contact": {"aliases": [{"kind": "visitor", "value": "visitor-python"}], "name": "Caio Teste"},
        "occurred_at": "2026-09-26T10:03:00Z",
        # The same fact has the same dedup_key, however often it is sent.
        "dedup_key": "example-python-1",
        "message": {"id": "example-python-1", "type": "text", "text": "#Promo10 oi"},
    }
]
for event in events:
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event["dedup_key"],
        "ce_source": "/my-chat",
        "ce_type": f"origem.event.{event['kind']}.v1",
        "content-type": "application/json",
    }
    producer.produce(topic, json.dumps(event), key=event["dedup_key"], headers=headers, on_delivery=reported)
    producer.poll(0)
left = producer.flush(30)
if refused or left:
    sys.exit(f"not acknowledged, send again: {left} waiting, {refused}")
