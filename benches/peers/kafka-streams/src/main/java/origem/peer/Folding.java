package origem.peer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Takes an event into the ledger of its conversation and writes the rows that it changes. One for each partition. */
final class Folding implements Processor<Bytes, byte[], Void, Void> {
    /** The store of the ledgers; those of the rows are called as their views. */
    static final String LEDGERS = "ledgers";

    private static final View[] VIEWS = View.values();

    private final Progress progress;
    /** In the order of the views. */
    private final List<KeyValueStore<Bytes, byte[]>> rows = new ArrayList<>();
    private KeyValueStore<Bytes, byte[]> ledgers;
    private ProcessorContext<Void, Void> context;

    Folding(Progress progress) {
        this.progress = progress;
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
        this.context = context;
        ledgers = context.getStateStore(LEDGERS);
        for (var view : VIEWS) {
            rows.add(context.getStateStore(view.title()));
        }
    }

    @Override
    public void process(Record<Bytes, byte[]> record) {
        var conversation = record.key();
        var stored = ledgers.get(conversation);
        var ledger = stored == null ? new Ledger() : Ledger.unpack(stored);
        // Folded, because that takes less than to ask the stores.
        var before = stored == null ? new String[VIEWS.length] : rows(ledger);
        // A report begins a conversation as anything does, though it says nothing more.
        if (ledger.add(Event.unpack(record.value())) || stored == null) {
            ledgers.put(conversation, ledger.pack());
            write(conversation, before, rows(ledger));
        }
        var place = context.recordMetadata().orElseThrow();
        if (progress.taken(place.partition(), place.offset())) {
            // What is left is committed at once instead of after the interval.
            context.commit();
        }
    }

    private static String[] rows(Ledger ledger) {
        var rows = new String[VIEWS.length];
        for (var view = 0; view < VIEWS.length; view += 1) {
            rows[view] = VIEWS[view].row(ledger);
        }
        return rows;
    }

    /** Rows that stay as they are cost no write to store and topic. */
    private void write(Bytes conversation, String[] before, String[] after) {
        for (var view = 0; view < VIEWS.length; view += 1) {
            var row = after[view];
            if (!Objects.equals(before[view], row)) {
                rows.get(view).put(conversation, row == null ? null : row.getBytes(StandardCharsets.UTF_8));
            }
        }
    }
}
