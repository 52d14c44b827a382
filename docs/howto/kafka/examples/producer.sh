#!/bin/sh
# Publishes a webhook of Meta as it came, and an event of ours with its headers. Needs kcat. Run it in this directory.
set -eu
brokers=${ORIGEM_KAFKA_BOOTSTRAP:-127.0.0.1:9092}
topic=${ORIGEM_KAFKA_PREFIX:-origem.}inbound.v1

# One record is one delivery. Given as a file it keeps every byte; from standard input, kcat makes a record of each line.
kcat -P -b "$brokers" -t "$topic" -X acks=all -H origem-source=meta webhook.json

kcat -P -b "$brokers" -t "$topic" -X acks=all -k example-kcat-1 \
    -H ce_specversion=1.0 -H ce_id=example-kcat-1 -H ce_source=/my-chat -H ce_type=origem.event.message_received.v1 \
    -H content-type=application/json event.json
