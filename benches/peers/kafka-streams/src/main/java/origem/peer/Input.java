package origem.peer;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;

/** {@code events.csv} and the topic that it goes to. */
final class Input {
    /** Enough for both threads; more would only make more stores. */
    static final int PARTITIONS = 4;

    private final Path file;
    private final long[] ends = new long[PARTITIONS];

    /** Looks through the file. */
    Input(Path data) {
        file = data.resolve("events.csv");
        each(fields -> ends[partition(key(fields))] += 1);
    }

    /** How many records each partition has once all are in it, which is also the next offset. */
    long[] ends() {
        return ends.clone();
    }

    /** How many records there are, repeats included. */
    long records() {
        var sum = 0L;
        for (var end : ends) {
            sum += end;
        }
        return sum;
    }

    /** Makes the topic. */
    void create(Broker broker, String topic, Way way) {
        broker.create(topic, PARTITIONS, way.ofTopics());
    }

    /** Publishes all events in the order of the file; every one is acknowledged on return. */
    void load(Broker broker, String topic) {
        Map<String, Object> settings = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrap(),
                ProducerConfig.ACKS_CONFIG, "all",
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true,
                ProducerConfig.LINGER_MS_CONFIG, 20,
                ProducerConfig.BATCH_SIZE_CONFIG, 512 << 10,
                ProducerConfig.BUFFER_MEMORY_CONFIG, 128L << 20,
                ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        var failure = new AtomicReference<Exception>();
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            each(fields -> {
                var key = key(fields);
                var record = new ProducerRecord<>(topic, partition(key), key, Event.of(fields).pack());
                producer.send(record, (at, error) -> failure.compareAndSet(null, error));
            });
            producer.flush();
        }
        if (failure.get() != null) {
            throw new PeerException("an event was not taken by the topic " + topic, failure.get());
        }
    }

    private void each(Consumer<String[]> take) {
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            var headings = lines.readLine();
            if (!Event.HEADINGS.equals(headings)) {
                throw new PeerException(file + " has other headings than " + Event.HEADINGS);
            }
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                take.accept(Event.fields(line));
            }
        } catch (IOException failed) {
            throw new PeerException("cannot read " + file + "; the README of the peers says how to make it", failed);
        }
    }

    private static byte[] key(String[] fields) {
        return Key.of(Event.conversation(fields));
    }

    /** As the producer would choose by itself; said here, so that the ends are known before. */
    private static int partition(byte[] key) {
        return Utils.toPositive(Utils.murmur2(key)) % PARTITIONS;
    }
}
