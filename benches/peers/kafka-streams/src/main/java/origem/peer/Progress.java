package origem.peer;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/** How far the folding is: told by the threads of Streams, watched by whoever measures. */
final class Progress {
    private final long[] ends;
    private final LongConsumer listener;
    private final AtomicLong taken = new AtomicLong();
    private final AtomicLong firstAt = new AtomicLong();

    /** {@code ends} are the next offsets of the partitions once everything is in them; {@code listener} hears how many records were taken. */
    Progress(long[] ends, LongConsumer listener) {
        this.ends = ends.clone();
        this.listener = listener;
    }

    /** Notes a record; true if it was the last of its partition. */
    boolean taken(int partition, long offset) {
        if (firstAt.get() == 0) {
            firstAt.compareAndSet(0, System.nanoTime());
        }
        listener.accept(taken.incrementAndGet());
        return offset + 1 == ends[partition];
    }

    /** When the first record was taken, by {@link System#nanoTime}. */
    long firstAt() {
        return firstAt.get();
    }
}
