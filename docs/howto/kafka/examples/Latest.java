import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads a projected topic from the beginning to its end and prints, for every conversation, the version and size of its last value. */
public class Latest {
    private record Value(String version, String contentType, byte[] bytes) {}

    public static void main(String[] arguments) {
        var environment = System.getenv();
        var brokers = environment.getOrDefault("ORIGEM_KAFKA_BOOTSTRAP", "127.0.0.1:9092");
        var topic = environment.getOrDefault("ORIGEM_KAFKA_PREFIX", "origem.") + "conversations.v1";

        Map<String, Object> settings = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers,
                // Values are published in transactions, and Java reads aborted ones too unless told not to.
                ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed",
                ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class,
                ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);

        var latest = new TreeMap<String, Value>();
        try (var consumer = new KafkaConsumer<String, byte[]>(settings)) {
            // All partitions, without a group: whoever keeps everything in memory has to begin anew each time.
            var partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .collect(Collectors.toList());
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            // A service goes on polling here for ever; this example ends where the topic ended when it began.
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    apply(latest, record);
                }
            }
        }
        latest.forEach((conversation, value) -> System.out.printf(
                "%s\t%s\t%s\t%d bytes%n", conversation, value.version(), value.contentType(), value.bytes().length));
    }

    /** The last record of a key counts; without a value, the key is gone. */
    private static void apply(Map<String, Value> latest, ConsumerRecord<String, byte[]> record) {
        if (record.value() == null) {
            latest.remove(record.key());
        } else {
            var value = new Value(header(record, "ce_origemposition"), header(record, "content-type"), record.value());
            latest.put(record.key(), value);
        }
    }

    private static String header(ConsumerRecord<String, byte[]> record, String name) {
        var header = record.headers().lastHeader(name);
        return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
    }
}
