package origem.peer;

import java.nio.ByteBuffer;

/**
 * The key of a conversation in topics and stores: its thirteen digits as a number of eight bytes. The cache of Streams is a tree of keys
 * and compares them a byte at a time, so that short ones pay.
 */
final class Key {
    private Key() {}

    static byte[] of(String conversation) {
        return ByteBuffer.allocate(Long.BYTES).putLong(Long.parseLong(conversation)).array();
    }

    static String text(byte[] key) {
        return String.format("%013d", ByteBuffer.wrap(key).getLong());
    }
}
