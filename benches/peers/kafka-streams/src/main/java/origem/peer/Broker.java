package origem.peer;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/** What is asked of the broker beside reading and writing. */
final class Broker implements AutoCloseable {
    private static final int ANSWER_MILLIS_MAX = 20_000;

    private final Admin admin;
    private final String bootstrap;

    Broker(String bootstrap) {
        this.bootstrap = bootstrap;
        admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap));
        // Everything else waits longer than anybody who has mistyped an address wants to.
        var options = new DescribeClusterOptions().timeoutMs(ANSWER_MILLIS_MAX);
        wait("ask it anything", admin.describeCluster(options).nodes());
    }

    String bootstrap() {
        return bootstrap;
    }

    /**
     * Makes a topic; every partition has its leader on return. Before it has, a producer could lose the order of its first batches and
     * be refused for ever after.
     */
    void create(String topic, int partitions, Map<String, String> settings) {
        var made = new NewTopic(topic, partitions, (short) 1).configs(settings);
        wait("make the topic " + topic, admin.createTopics(List.of(made)).all());
        ends(topic, partitions, IsolationLevel.READ_UNCOMMITTED);
    }

    /** Whether no transaction is open in the topic: one that has been decided is for a moment, until its marks are written. */
    boolean isSettled(String topic, int partitions) {
        var committed = ends(topic, partitions, IsolationLevel.READ_COMMITTED);
        return committed.equals(ends(topic, partitions, IsolationLevel.READ_UNCOMMITTED));
    }

    private List<Long> ends(String topic, int partitions, IsolationLevel isolation) {
        var asked = IntStream.range(0, partitions)
                .boxed()
                .collect(Collectors.toMap(number -> new TopicPartition(topic, number), number -> OffsetSpec.latest()));
        var ends = admin.listOffsets(asked, new ListOffsetsOptions(isolation)).all();
        return wait("ask for the end of " + topic, ends).entrySet().stream()
                .sorted(Comparator.comparing(end -> end.getKey().partition()))
                .map(end -> end.getValue().offset())
                .toList();
    }

    /** Deletes those of the topics that there are. */
    void delete(Collection<String> topics) {
        var there = wait("list the topics", admin.listTopics().names());
        var found = topics.stream().filter(there::contains).toList();
        wait("delete " + found, admin.deleteTopics(found).all());
    }

    /** Whether the application has committed that it has read each partition of the topic to its end. */
    boolean isCommitted(String id, String topic, long[] ends) {
        var committed = wait(
                "ask how far " + id + " is",
                admin.listConsumerGroupOffsets(id).partitionsToOffsetAndMetadata());
        for (var partition = 0; partition < ends.length; partition += 1) {
            var at = committed.get(new TopicPartition(topic, partition));
            if (ends[partition] > 0 && (at == null || at.offset() < ends[partition])) {
                return false;
            }
        }
        return true;
    }

    /** How many bytes the logs of the topics take on the disk of the broker. */
    long bytes(Collection<String> topics) {
        var nodes = wait("ask for the brokers", admin.describeCluster().nodes());
        var ids = nodes.stream().map(node -> node.id()).toList();
        var folders = wait("ask for sizes of logs", admin.describeLogDirs(ids).allDescriptions());
        return folders.values().stream()
                .flatMap(ofNode -> ofNode.values().stream())
                .flatMap(folder -> folder.replicaInfos().entrySet().stream())
                .filter(replica -> topics.contains(replica.getKey().topic()))
                .mapToLong(replica -> replica.getValue().size())
                .sum();
    }

    @Override
    public void close() {
        admin.close();
    }

    private <T> T wait(String doing, KafkaFuture<T> answer) {
        try {
            return answer.get();
        } catch (ExecutionException failed) {
            throw new PeerException("the broker at " + bootstrap + " does not let us " + doing, failed.getCause());
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            throw new PeerException("interrupted while waiting to " + doing, ended);
        }
    }
}
