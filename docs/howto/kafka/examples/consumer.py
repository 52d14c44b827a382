"""Keeps the last value of every conversation and prints their origins; with --follow, then prints what changes.

Needs: pip install confluent-kafka. For values as protobuf also the classes, made as protobuf_producer.py says.
"""

import json
import os
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

brokers = os.environ.get("ORIGEM_KAFKA_BOOTSTRAP", "127.0.0.1:9092")
topic = os.environ.get("ORIGEM_KAFKA_PREFIX", "origem.") + "conversations.v1"


def read(value, content_type):
    """A value in either format, in the names of the JSON."""
    if content_type == "application/json":
        return json.loads(value)
    from google.protobuf.json_format import MessageToDict
    from origem.api.v1.conversation_pb2 import Conversation

    return MessageToDict(Conversation.FromString(value), preserving_proto_field_name=True)


def version(position):
    """Versions of a key are of one partition: the offset tells which is newer."""
    return int(position.split(":")[1])


consumer = Consumer(
    {
        "bootstrap.servers": brokers,
        # The client wants a name. No partition is asked of the group and nothing is committed: we begin anew each time.
        "group.id": "latest-conversations",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "isolation.level": "read_committed",
    }
)
partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])

latest, versions, unread = {}, {}, set(partitions)
while unread or "--follow" in sys.argv:
    record = consumer.poll(1.0)
    if record is None:
        continue
    if record.error():
        if record.error().code() != KafkaError._PARTITION_EOF:
            sys.exit(f"cannot read: {record.error()}")
        unread.discard(record.partition())
        continue
    key, headers = record.key().decode(), dict(record.headers())
    position = headers["ce_origemposition"].decode()
    if version(position) < versions.get(key, 0):
        continue  # never happens in one partition; a reader that writes to a table of its own compares there
    versions[key] = version(position)
    if record.value() is None:
        latest.pop(key, None)
    else:
        latest[key] = read(record.value(), headers["content-type"].decode())
    if not unread:
        print("changed:", key, position, latest.get(key))
consumer.close()

for key, conversation in sorted(latest.items()):
    print(key, conversation.get("origin", {}).get("label"), conversation["position"])
