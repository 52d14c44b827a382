package origem.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;

/** The command line. */
public final class Main {
    private static final String USAGE =
            """
            usage: run [bench]   --data DIR --out DIR --bootstrap HOST:PORT [--ways default,tuned,tuned_fsync] [--repetitions 3]
                   run restart   --data DIR --out DIR --bootstrap HOST:PORT [--way tuned] [--kills 4] [--repetitions 3]
            """;

    /** Wrong usage. */
    private static final class Usage extends Exception {
        private static final long serialVersionUID = 1;
    }

    private final Map<String, String> given = new HashMap<>();

    private Main(List<String> words) throws Usage {
        if (words.size() % 2 != 0) {
            throw new Usage();
        }
        for (var index = 0; index < words.size(); index += 2) {
            if (!words.get(index).startsWith("--")) {
                throw new Usage();
            }
            given.put(words.get(index).substring(2), words.get(index + 1));
        }
    }

    /** Exits with 0 if all went well, 1 if not, 2 on wrong usage. */
    public static void main(String[] arguments) throws Exception {
        var words = List.of(arguments);
        var command = words.isEmpty() || words.get(0).startsWith("--") ? "bench" : words.get(0);
        try {
            new Main(words.subList(words.isEmpty() || words.get(0).startsWith("--") ? 0 : 1, words.size())).run(command);
        } catch (Usage wrong) {
            System.err.print(USAGE);
            System.exit(2);
        } catch (PeerException | KafkaException | IOException | UncheckedIOException failed) {
            for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
                System.err.println("kafka-streams: " + cause.getMessage());
            }
            System.exit(1);
        }
    }

    private void run(String command) throws Usage, IOException, InterruptedException {
        switch (command) {
            case "bench" -> {
                var ways = new ArrayList<Way>();
                for (var title : optional("ways", "default,tuned,tuned_fsync").split(",")) {
                    ways.add(way(title));
                }
                var repetitions = number("repetitions", 3);
                try (var session = session()) {
                    Bench.run(session, ways, repetitions);
                }
            }
            case "restart" -> {
                var way = way(optional("way", "tuned"));
                var kills = number("kills", 4);
                var repetitions = number("repetitions", 3);
                try (var session = session()) {
                    Restart.run(session, way, kills, repetitions);
                }
            }
            case Child.COMMAND -> {
                var way = way(needed("way"));
                var setup = new App.Setup(needed("bootstrap"), needed("id"), needed("topic"), Path.of(needed("state")), way);
                var data = Path.of(needed("data"));
                all();
                Child.live(setup, data, new Input(data));
            }
            default -> throw new Usage();
        }
    }

    /** Comes last: what is given beyond it is wrong usage. */
    private Session session() throws Usage {
        var data = Path.of(needed("data"));
        var out = Path.of(needed("out"));
        var bootstrap = needed("bootstrap");
        all();
        return new Session(data, out, bootstrap);
    }

    private String needed(String name) throws Usage {
        return Optional.ofNullable(given.remove(name)).orElseThrow(Usage::new);
    }

    private String optional(String name, String otherwise) {
        return Optional.ofNullable(given.remove(name)).orElse(otherwise);
    }

    private static Way way(String title) throws Usage {
        return Way.of(title).orElseThrow(Usage::new);
    }

    private int number(String name, int otherwise) throws Usage {
        try {
            return Integer.parseUnsignedInt(optional(name, String.valueOf(otherwise)));
        } catch (NumberFormatException none) {
            throw new Usage();
        }
    }

    /** Nothing was given that nobody asked for. */
    private void all() throws Usage {
        if (!given.isEmpty()) {
            throw new Usage();
        }
    }
}
