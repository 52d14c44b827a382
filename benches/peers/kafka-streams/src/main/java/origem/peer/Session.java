package origem.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/** What the commands share: the data, the broker, where to write, and what has to be tidied up. */
final class Session implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofHours(1);
    private static final Duration LOOK_EACH = Duration.ofMillis(10);

    private final Path data;
    private final Path out;
    private final Broker broker;
    private final Input input;
    private final List<String> topics = new ArrayList<>();
    /** Several sessions may share a broker. */
    private final String prefix = "peer-" + ProcessHandle.current().pid() + "-" + Long.toString(System.nanoTime(), 36) + "-";

    Session(Path data, Path out, String bootstrap) {
        this.data = data;
        this.out = out;
        input = new Input(data);
        broker = new Broker(bootstrap);
    }

    Path data() {
        return data;
    }

    Path out() {
        return out;
    }

    Broker broker() {
        return broker;
    }

    Input input() {
        return input;
    }

    /** An application of its own on a new, empty topic. */
    App.Setup setup(Way way, String name) {
        var id = prefix + way.title() + "-" + name;
        var setup = new App.Setup(broker.bootstrap(), id, id + "-events", out.resolve("state"), way);
        topics.add(setup.topic());
        topics.addAll(changelogs(id));
        input.create(broker, setup.topic(), way);
        return setup;
    }

    static List<String> changelogs(String id) {
        var stores = new ArrayList<String>(List.of(Folding.LEDGERS));
        for (var view : View.values()) {
            stores.add(view.title());
        }
        return stores.stream().map(store -> App.changelog(id, store)).toList();
    }

    void awaitCommitted(App app, App.Setup setup) throws InterruptedException {
        awaitCommitted(broker, app, setup, input.ends());
    }

    /** Waits until everything in the topic has been read, folded and committed. */
    static void awaitCommitted(Broker broker, App app, App.Setup setup, long[] ends) throws InterruptedException {
        await("everything is folded", () -> {
            app.check();
            return broker.isCommitted(setup.id(), setup.topic(), ends);
        });
    }

    /** The rows that the topics tell are the expected ones. */
    void checkTopics(App.Setup setup) throws IOException, InterruptedException {
        for (var view : View.values()) {
            var topic = App.changelog(setup.id(), view.title());
            await("the topic " + topic + " is settled", () -> broker.isSettled(topic, Input.PARTITIONS));
            Rows.ofTopic(view, setup.bootstrap(), topic).check(data, "the topics");
        }
    }

    private static void await(String what, BooleanSupplier holds) throws InterruptedException {
        var deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new PeerException("after " + PATIENCE + " it is not so that " + what);
            }
            Thread.sleep(LOOK_EACH.toMillis());
        }
    }

    /** How many events the data has without repeats, as its summary says. */
    long events() throws IOException {
        var summary = Files.readString(data.resolve("summary.json"));
        var found = Pattern.compile("\"events\"\\s*:\\s*(\\d+)").matcher(summary);
        if (!found.find()) {
            throw new PeerException("summary.json does not say how many events there are");
        }
        return Long.parseLong(found.group(1));
    }

    /** The parameters of every figure. */
    Map<String, String> parameters(Way way) throws IOException {
        var parameters = new LinkedHashMap<String, String>();
        parameters.put("peer", "kafka-streams");
        parameters.put("way", way.title());
        parameters.put("events", String.valueOf(events()));
        parameters.put("durability", way.durability());
        return parameters;
    }

    /** Removes a folder with all that is in it; nothing if there is none. */
    static void remove(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (var all = Files.walk(folder)) {
            for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot remove " + folder, failed);
        }
    }

    @Override
    public void close() {
        try (broker) {
            remove(out.resolve("state"));
            broker.delete(topics);
        }
    }
}
