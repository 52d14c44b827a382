"""Publishes an event as protobuf. Needs: pip install confluent-kafka protobuf grpcio-tools

The classes are made from the schema once, in this directory:
mkdir -p /tmp/origem-python
python3 -m grpc_tools.protoc -I ../../../../proto --python_out=/tmp/origem-python ../../../../proto/origem/api/v1/*.proto
Run it with them: PYTHONPATH=/tmp/origem-python python3 protobuf_producer.py
"""

import os
import sys

from confluent_kafka import Producer
from google.protobuf.timestamp_pb2 import Timestamp
from origem.api.v1.event_pb2 import Event

brokers = os.environ.get("ORIGEM_KAFKA_BOOTSTRAP", "127.0.0.1:9092")
topic = os.environ.get("ORIGEM_KAFKA_PREFIX", "origem.") + "inbound.v1"

event = Event(dedup_key="example-protobuf-1", occurred_at=Timestamp(seconds=1790416860))
event.channel.kind, event.channel.id = "webchat", "site-1"
event.contact.name = "Eva Teste"
event.contact.aliases.add(kind="visitor", value="visitor-protobuf")
message = event.message_received.message
message.id, message.type, message.text = "example-protobuf-1", "text", "#Promo10 oi"

producer = Producer({"bootstrap.servers": brokers, "enable.idempotence": True})
headers = {"ce_specversion": "1.0", "ce_id": event.dedup_key, "ce_source": "/my-chat", "content-type": "application/protobuf"}
refused = []
producer.produce(
    topic,
    event.SerializeToString(),
    key=event.dedup_key,
    headers=headers,
    on_delivery=lambda error, record: refused.append(error) if error else print("acknowledged"),
)
if producer.flush(30) or refused:
    sys.exit(f"not acknowledged, send again: {refused}")
