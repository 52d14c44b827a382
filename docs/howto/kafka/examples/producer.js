// Publishes an event and waits until the brokers have it. Needs: npm install @confluentinc/kafka-javascript
const { Kafka } = require("@confluentinc/kafka-javascript").KafkaJS;

const brokers = process.env.ORIGEM_KAFKA_BOOTSTRAP ?? "127.0.0.1:9092";
const topic = `${process.env.ORIGEM_KAFKA_PREFIX ?? "origem."}inbound.v1`;
const kafka = new Kafka({ kafkaJS: { brokers: brokers.split(",") }, log_level: 4 });
const producer = kafka.producer({ kafkaJS: { acks: -1, idempotent: true, compression: "lz4" } });

const event = {
  kind: "message_received",
  channel: { kind: "webchat", id: "site-1" },
  contact: { aliases: [{ kind: "visitor", value: "visitor-node" }], name: "Davi Teste" },
  occurred_at: "2026-09-26T10:04:00Z",
  // The same fact has the same dedup_key, however often it is sent.
  dedup_key: "example-node-1",
  message: { id: "example-node-1", type: "text", text: "#Promo10 oi" },
};
const headers = {
  ce_specversion: "1.0",
  ce_id: event.dedup_key,
  ce_source: "/my-chat",
  ce_type: `origem.event.${event.kind}.v1`,
  "content-type": "application/json",
};

async function main() {
  await producer.connect();
  try {
    // Fails if the brokers did not take it: then send it again.
    const [sent] = await producer.send({ topic, messages: [{ key: event.dedup_key, value: JSON.stringify(event), headers }] });
    console.log(`acknowledged: ${sent.topicName}-${sent.partition}@${sent.baseOffset}`);
  } finally {
    await producer.disconnect();
  }
}

main().catch((error) => {
  console.error("not acknowledged, send again:", error);
  process.exitCode = 1;
});
