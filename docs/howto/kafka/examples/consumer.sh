#!/bin/sh
# Prints the last value of every conversation, from the beginning to the end of the topic, a line each: key and value. Needs kcat.
# For values in JSON (kafka.publish = json).
set -eu
brokers=${ORIGEM_KAFKA_BOOTSTRAP:-127.0.0.1:9092}
topic=${ORIGEM_KAFKA_PREFIX:-origem.}conversations.v1

# %S is the length of the value; a record without a value (a tombstone) has -1, and its key is gone.
kcat -C -b "$brokers" -t "$topic" -o beginning -e -q -f '%k\t%S\t%s\n' |
    awk -F '\t' '$2 < 0 { delete last[$1]; next } { last[$1] = $3 } END { for (key in last) print key "\t" last[key] }'
