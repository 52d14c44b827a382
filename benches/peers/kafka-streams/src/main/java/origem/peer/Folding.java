package origem.peer;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Takes an event into the ledger of its conversation and writes the rows that it changes. One for each partition. */
final class Folding implements Processor<Bytes, byte[], Void, Void> {
    /** The store of the ledgers; those of the rows are called as their views. */
    static final String LEDGERS = "ledgers";

    private final Progress progress;
    private final Map<View, KeyValueStore<Bytes, byte[]>> rows = new EnumMap<>(View.class);
    private KeyValueStore<Bytes, byte[]> ledgers;
    private ProcessorContext<Void, Void> context;

    Folding(Progress progress) {
        this.progress = progress;
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
        this.context = context;
        ledgers = context.getStateStore(LEDGERS);
        for (var view : View.values()) {
            rows.put(view, context.getStateStore(view.title()));
        }
    }

    @Override
    public void process(Record<Bytes, byte[]> record) {
        var conversation = record.key();
        var stored = ledgers.get(conversation);
        var ledger = stored == null ? new Ledger() : Ledger.unpack(stored);
        // A report begins a conversation as anything does, though it says nothing more.
        if (ledger.add(Event.unpack(record.value())) || stored == null) {
            ledgers.put(conversation, ledger.pack());
            rows.forEach((view, store) -> write(store, conversation, view.row(ledger)));
        }
        var place = context.recordMetadata().orElseThrow();
        if (progress.taken(place.partition(), place.offset())) {
            // What is left is committed at once instead of after the interval.
            context.commit();
        }
    }

    /** A row that stays as it is costs a look into the store, but no write to disk and topic. */
    private static void write(KeyValueStore<Bytes, byte[]> store, Bytes conversation, String row) {
        var bytes = row == null ? null : row.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        if (!Arrays.equals(bytes, store.get(conversation))) {
            store.put(conversation, bytes);
        }
    }
}
