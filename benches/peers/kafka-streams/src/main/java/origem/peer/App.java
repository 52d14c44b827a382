package origem.peer;

import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.BytesDeserializer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** The application on Kafka Streams: one source, one processor, a RocksDB store with its changelog topic for the ledgers and for each view. */
final class App implements AutoCloseable {
    private static final int THREADS = 2;
    private static final String SOURCE = "events";
    private static final String PROCESSOR = "fold";

    private final KafkaStreams streams;
    private final CountDownLatch running = new CountDownLatch(1);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    /** What is to be run: who the application is, on which topic, where its stores are. */
    record Setup(String bootstrap, String id, String topic, Path state, Way way) {}

    App(Setup setup, Progress progress) {
        streams = new KafkaStreams(topology(setup.topic(), progress), settings(setup));
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.RUNNING || now == KafkaStreams.State.ERROR) {
                running.countDown();
            }
        });
        streams.setUncaughtExceptionHandler(error -> {
            failure.compareAndSet(null, error);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    }

    /** The topic that a store is restored from, with one record for each write. */
    static String changelog(String id, String store) {
        return id + "-" + store + "-changelog";
    }

    void start() {
        streams.start();
    }

    /** Waits until all partitions are assigned and their stores restored. */
    void awaitRunning() throws InterruptedException {
        running.await();
        check();
    }

    /** Throws what has ended the application, if something has. */
    void check() {
        if (failure.get() != null) {
            throw new PeerException("the application on Kafka Streams has failed", failure.get());
        }
    }

    ReadOnlyKeyValueStore<Bytes, byte[]> rows(View view) {
        return streams.store(StoreQueryParameters.fromNameAndType(view.title(), QueryableStoreTypes.keyValueStore()));
    }

    @Override
    public void close() {
        streams.close();
    }

    private static Topology topology(String topic, Progress progress) {
        var topology = new Topology()
                .addSource(SOURCE, new BytesDeserializer(), new ByteArrayDeserializer(), topic)
                .addProcessor(PROCESSOR, () -> new Folding(progress), SOURCE);
        addStore(topology, Folding.LEDGERS);
        for (var view : View.values()) {
            addStore(topology, view.title());
        }
        return topology;
    }

    private static void addStore(Topology topology, String name) {
        var store = Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.Bytes(), Serdes.ByteArray());
        topology.addStateStore(store.withCachingEnabled(), PROCESSOR);
    }

    private static Properties settings(Setup setup) {
        var settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, setup.id());
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, setup.bootstrap());
        settings.put(StreamsConfig.STATE_DIR_CONFIG, setup.state().toString());
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, THREADS);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        // A name that stays: whoever comes back after a crash takes its old place at once instead of waiting until it is missed.
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), setup.id());
        setup.way().ofTopics().forEach((name, value) -> settings.put(StreamsConfig.topicPrefix(name), value));
        settings.putAll(setup.way().ofApplication());
        return settings;
    }
}
