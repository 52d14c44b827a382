package origem.peer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/** The rows of a view by conversation, read out of the application: from its stores or from their topics. */
final class Rows {
    private static final int SHOWN_MAX = 5;

    private final View view;
    private final SortedMap<String, String> rows;

    private Rows(View view, SortedMap<String, String> rows) {
        this.view = view;
        this.rows = rows;
    }

    /** As whoever asks the application gets them. */
    static Rows ofStore(View view, ReadOnlyKeyValueStore<Bytes, byte[]> store) {
        var rows = new TreeMap<String, String>();
        try (var all = store.all()) {
            all.forEachRemaining(row -> rows.put(
                    Key.text(row.key.get()), new String(row.value, StandardCharsets.UTF_8)));
        }
        return new Rows(view, rows);
    }

    /** As whoever reads the topic gets them, and the application itself after a loss of its disk: what has been committed. */
    static Rows ofTopic(View view, String bootstrap, String topic) {
        Map<String, Object> settings = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        var rows = new TreeMap<String, String>();
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new StringDeserializer())) {
            var partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    var conversation = Key.text(record.key());
                    if (record.value() == null) {
                        rows.remove(conversation);
                    } else {
                        rows.put(conversation, record.value());
                    }
                }
            }
        }
        return new Rows(view, rows);
    }

    /** Writes them in the shape of the expected ones. */
    void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.write(folder.resolve(file()), lines());
    }

    /** Throws what differs if anything does; {@code whence} says in the message where the rows are from. */
    void check(Path data, String whence) throws IOException {
        var expected = Files.readAllLines(data.resolve("expected").resolve(file()));
        var lines = lines();
        if (lines.equals(expected)) {
            return;
        }
        var shown = new ArrayList<String>();
        for (var index = 0; index < Math.max(lines.size(), expected.size()) && shown.size() < SHOWN_MAX; index += 1) {
            var own = index < lines.size() ? lines.get(index) : "nothing";
            var theirs = index < expected.size() ? expected.get(index) : "nothing";
            if (!own.equals(theirs)) {
                shown.add("  expected " + theirs + "\n  found    " + own);
            }
        }
        throw new PeerException(file() + " of " + whence + " differs from the expected one, of which "
                + (expected.size() - 1) + " rows were expected and " + rows.size() + " found:\n" + String.join("\n", shown));
    }

    private String file() {
        return view.title() + ".csv";
    }

    private List<String> lines() {
        var lines = new ArrayList<String>(rows.size() + 1);
        lines.add(view.headings());
        rows.forEach((conversation, row) -> lines.add(conversation + "," + row));
        return lines;
    }
}
