import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.StringSerializer;

/** Publishes an event and waits until the brokers have it. */
public class Producer {
    public static void main(String[] arguments) throws Exception {
        var environment = System.getenv();
        var brokers = environment.getOrDefault("ORIGEM_KAFKA_BOOTSTRAP", "127.0.0.1:9092");
        var topic = environment.getOrDefault("ORIGEM_KAFKA_PREFIX", "origem.") + "inbound.v1";

        Map<String, Object> settings = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers,
                ProducerConfig.ACKS_CONFIG, "all",
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true,
                ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4",
                ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class,
                ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, StringSerializer.class);

        // The same fact has the same dedup_key, however often it is sent.
        var id = "example-java-1";
        var event = """
                {"kind": "message_received",
                 "channel": {"kind": "webchat", "id": "site-1"},
                 "contact": {"aliases": [{"kind": "visitor", "value": "visitor-java"}], "name": "Bia Teste"},
                 "occurred_at": "2026-09-26T10:02:00Z",
                 "dedup_key": "example-java-1",
                 "message": {"id": "example-java-1", "type": "text", "text": "#Promo10 oi"}}""";
        List<Header> headers = List.of(
                header("ce_specversion", "1.0"),
                header("ce_id", id),
                header("ce_source", "/my-chat"),
                header("ce_type", "origem.event.message_received.v1"),
                header("content-type", "application/json"));

        try (var producer = new KafkaProducer<String, String>(settings)) {
            var sent = producer.send(new ProducerRecord<>(topic, null, id, event, headers));
            // Throws if the brokers did not take it: then send it again. With many events, give `send` a callback instead.
            var acknowledged = sent.get();
            System.out.println("acknowledged: " + acknowledged);
        }
    }

    private static Header header(String name, String value) {
        return new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8));
    }
}
