package origem.peer;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.Options;

/** RocksDB of the tuned ways: larger buffers, so that a rebuild flushes less often. Streams makes an instance for each store. */
public final class RocksSettings implements RocksDBConfigSetter {
    private static final long WRITE_BUFFER_BYTES = 64L << 20;

    @Override
    public void setConfig(String store, Options options, Map<String, Object> settings) {
        options.setWriteBufferSize(WRITE_BUFFER_BYTES);
    }

    @Override
    public void close(String store, Options options) {
        // Nothing of its own to be freed.
    }
}
