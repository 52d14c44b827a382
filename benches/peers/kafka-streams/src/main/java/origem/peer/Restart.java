package origem.peer;

import java.io.IOException;
import java.util.LinkedHashMap;

/**
 * What kill -9 does to the application: first in the midst of its work, and the rows have to be the expected ones all the same; then with
 * everything folded, and it is measured how long it takes until it can be asked again.
 */
final class Restart {
    private static final double NANOS_A_MILLISECOND = 1e6;

    private final Session session;
    private final App.Setup setup;
    private final Figures figures = new Figures();

    private Restart(Session session, Way way) {
        this.session = session;
        setup = session.setup(way, "restart");
    }

    static void run(Session session, Way way, int kills, int repetitions) throws IOException, InterruptedException {
        var restart = new Restart(session, way);
        session.input().load(session.broker(), restart.setup.topic());
        restart.inMidWork(kills);
        restart.withAllFolded(repetitions);
        session.checkTopics(restart.setup);
        restart.figures.print();
    }

    private void inMidWork(int kills) throws IOException, InterruptedException {
        // Half of the records for all lives together, so that there is something left for each, whatever was committed.
        var taken = session.input().records() / (2L * Math.max(kills, 1));
        var underWay = 0;
        for (var kill = 0; kill < kills; kill += 1) {
            try (var child = new Child(setup, session.data())) {
                child.awaitTaken(taken);
            }
            underWay += session.broker().isCommitted(setup.id(), setup.topic(), session.input().ends()) ? 0 : 1;
        }
        System.err.printf("kafka-streams: killed %d times, %d of them in the midst of its work%n", kills, underWay);
        if (underWay < kills) {
            throw new PeerException("there is too little to do: it had done everything before it was killed; take more events");
        }
        try (var child = new Child(setup, session.data())) {
            child.await(Child.EQUAL);
        }
        session.checkTopics(setup);
        System.err.println("kafka-streams: the rows are the expected ones");
    }

    private void withAllFolded(int repetitions) throws IOException {
        for (var repetition = 0; repetition < repetitions; repetition += 1) {
            measure("kept");
            Session.remove(setup.state());
            measure("lost");
        }
    }

    /** From the start of the process, which {@link Child#close} has killed before, until it can be asked. */
    private void measure(String disk) throws IOException {
        var began = System.nanoTime();
        try (var child = new Child(setup, session.data())) {
            child.await(Child.RUNNING);
            var parameters = new LinkedHashMap<>(session.parameters(setup.way()));
            parameters.put("disk", disk);
            figures.add("peers/restart", parameters, "ms", (System.nanoTime() - began) / NANOS_A_MILLISECOND);
            child.await(Child.EQUAL);
        }
    }
}
