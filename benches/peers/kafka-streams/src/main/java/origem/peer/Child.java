package origem.peer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The application in a process of its own, to be killed.
 *
 * <pre>
 * we --stdin: open as long as we live--> the process
 *    &lt;--stdout: "running", "taken N", "equal", a word a line--
 * </pre>
 */
final class Child implements AutoCloseable {
    static final String COMMAND = "app";
    /** All partitions are assigned and their stores restored. */
    static final String RUNNING = "running";
    /** Everything is committed, and the rows in the stores are the expected ones. */
    static final String EQUAL = "equal";

    private static final String TAKEN = "taken ";
    /** How often it says how many records it has taken. */
    private static final int TELL_EACH = 100;

    private final Process process;
    private final BufferedReader lines;

    Child(App.Setup setup, Path data) throws IOException {
        var words = new ArrayList<String>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments());
        words.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), COMMAND));
        words.addAll(List.of("--bootstrap", setup.bootstrap(), "--id", setup.id(), "--topic", setup.topic()));
        words.addAll(List.of("--state", setup.state().toString(), "--way", setup.way().title(), "--data", data.toString()));
        process = new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        lines = process.inputReader();
    }

    /** Waits until it says so. */
    void await(String word) throws IOException {
        for (var line = line(); !line.equals(word); ) {
            line = line();
        }
    }

    /** Waits until it has taken so many records since it began. */
    void awaitTaken(long records) throws IOException {
        var line = line();
        while (!line.startsWith(TAKEN) || Long.parseLong(line.substring(TAKEN.length())) < records) {
            line = line();
        }
    }

    /** SIGKILL; it is gone on return. */
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private String line() throws IOException {
        var line = lines.readLine();
        if (line == null) {
            throw new PeerException("the application ended by itself; what it said is above");
        }
        return line;
    }

    /** What the process does. */
    static void live(App.Setup setup, Path data, Input input) throws IOException, InterruptedException {
        endWithStdin();
        var progress = new Progress(input.ends(), taken -> {
            if (taken % TELL_EACH == 0) {
                say(TAKEN + taken);
            }
        });
        try (var broker = new Broker(setup.bootstrap());
                var app = new App(setup, progress)) {
            app.start();
            app.awaitRunning();
            say(RUNNING);
            Session.awaitCommitted(broker, app, setup, input.ends());
            for (var view : View.values()) {
                Rows.ofStore(view, app.rows(view)).check(data, "the stores");
            }
            say(EQUAL);
            TimeUnit.DAYS.sleep(1);
        }
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    /** Whoever started us is gone when our stdin ends: then we are to be gone too, however it ended. */
    private static void endWithStdin() {
        var watch = Executors.newSingleThreadExecutor(task -> {
            var thread = new Thread(task, "end with stdin");
            thread.setDaemon(true);
            return thread;
        });
        watch.execute(() -> {
            try (var in = new InputStreamReader(System.in)) {
                while (in.read() >= 0) {
                    // Nobody writes; the end is all that is waited for.
                }
            } catch (IOException broken) {
                // As good as the end.
            }
            Runtime.getRuntime().halt(1);
        });
    }
}
