package origem.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Loads, rebuilds and ingests, and prints how fast that was. Nothing counts unless the rows are the expected ones. */
final class Bench {
    private static final double MIB = 1 << 20;

    private final Session session;
    private final Figures figures = new Figures();

    private Bench(Session session) {
        this.session = session;
    }

    static void run(Session session, List<Way> ways, int repetitions) throws IOException, InterruptedException {
        var bench = new Bench(session);
        for (var way : ways) {
            for (var repetition = 1; repetition <= repetitions; repetition += 1) {
                System.err.printf("kafka-streams: %s, repetition %d of %d%n", way.title(), repetition, repetitions);
                bench.rebuild(way, "rebuild-" + repetition);
                bench.ingest(way, "ingest-" + repetition);
            }
        }
        bench.figures.print();
    }

    /** The events are in the topic before the application starts. */
    private void rebuild(Way way, String name) throws IOException, InterruptedException {
        var setup = session.setup(way, name);
        var began = System.nanoTime();
        session.input().load(session.broker(), setup.topic());
        note("peers/load", way, seconds(began, System.nanoTime()));

        var progress = new Progress(session.input().ends(), taken -> {});
        began = System.nanoTime();
        try (var app = new App(setup, progress)) {
            app.start();
            session.awaitCommitted(app, setup);
            var ended = System.nanoTime();
            note("peers/rebuild", way, seconds(began, ended));
            note("peers/rebuild_after_start", way, seconds(progress.firstAt(), ended));
            check(app, setup);
        }
        // Closing has flushed the stores: before, most of them is in memory.
        sizes(setup);
        Session.remove(setup.state());
    }

    /** The application runs, and waits for the events that the producer publishes. */
    private void ingest(Way way, String name) throws IOException, InterruptedException {
        var setup = session.setup(way, name);
        try (var app = new App(setup, new Progress(session.input().ends(), taken -> {}))) {
            app.start();
            app.awaitRunning();
            var began = System.nanoTime();
            session.input().load(session.broker(), setup.topic());
            session.awaitCommitted(app, setup);
            note("peers/ingest", way, seconds(began, System.nanoTime()));
            check(app, setup);
        }
        Session.remove(setup.state());
    }

    private void check(App app, App.Setup setup) throws IOException, InterruptedException {
        for (var view : View.values()) {
            var rows = Rows.ofStore(view, app.rows(view));
            rows.write(session.out().resolve(setup.way().title()));
            rows.check(session.data(), "the stores");
        }
        session.checkTopics(setup);
    }

    private void sizes(App.Setup setup) throws IOException {
        var parameters = session.parameters(setup.way());
        figures.add("peers/memory", parameters, "MiB", peakMemory() / MIB);
        figures.add("peers/disk_stores", parameters, "MiB", bytes(setup.state()) / MIB);
        figures.add("peers/disk_log", parameters, "MiB", session.broker().bytes(List.of(setup.topic())) / MIB);
        var changelogs = session.broker().bytes(Session.changelogs(setup.id()));
        figures.add("peers/disk_changelogs", parameters, "MiB", changelogs / MIB);
    }

    private void note(String name, Way way, double seconds) throws IOException {
        figures.add(name, session.parameters(way), "events/s", session.events() / seconds);
    }

    private static double seconds(long began, long ended) {
        return (ended - began) / 1e9;
    }

    /** The most memory that this process has had, in bytes, as Linux tells it; the broker has its own. */
    private static double peakMemory() throws IOException {
        for (var line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                return 1024.0 * Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new PeerException("/proc/self/status does not tell the peak of memory; Linux does");
    }

    private static double bytes(Path folder) throws IOException {
        var sum = 0L;
        try (var all = Files.walk(folder)) {
            for (var path : all.filter(Files::isRegularFile).toList()) {
                sum += Files.size(path);
            }
        }
        return sum;
    }
}
