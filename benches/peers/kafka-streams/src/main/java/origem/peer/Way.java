package origem.peer;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.streams.StreamsConfig;

/** How the application is set up. All ways are exactly-once with two threads; see the README on why these. */
enum Way {
    /** As Streams comes: commits each 100 ms, a cache of 10 MiB. */
    DEFAULT,
    /** For throughput: rare commits, a cache that holds the conversations under way, large batches. */
    TUNED,
    /** Tuned, and the broker syncs each batch of events and rows to disk before it is acknowledged. */
    TUNED_FSYNC;

    private static final int MIB = 1 << 20;
    private static final int COMMIT_MILLIS = 10_000;

    /** The way that is called so, if one is. */
    static Optional<Way> of(String title) {
        return Stream.of(values()).filter(way -> way.title().equals(title)).findFirst();
    }

    String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What survives a crash of the machine, in the words that the peers share. */
    String durability() {
        return this == TUNED_FSYNC ? "fsync" : "none";
    }

    /** Settings of the topics that hold events and rows. */
    Map<String, String> ofTopics() {
        return this == TUNED_FSYNC ? Map.of(TopicConfig.FLUSH_MESSAGES_INTERVAL_CONFIG, "1") : Map.of();
    }

    /** Settings of the application beside those that all share. */
    Map<String, Object> ofApplication() {
        return switch (this) {
            case DEFAULT -> Map.of();
            case TUNED, TUNED_FSYNC -> Map.of(
                    StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, COMMIT_MILLIS,
                    StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 1024L * MIB,
                    StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 10_000,
                    StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, RocksSettings.class,
                    StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), 6 * COMMIT_MILLIS,
                    StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), MIB / 2,
                    StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), 128L * MIB,
                    StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4",
                    StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 5_000);
        };
    }
}
