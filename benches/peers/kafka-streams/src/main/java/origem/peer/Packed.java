package origem.peer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Fields one behind the other: numbers in eight bytes, texts behind a length of two bytes, which is 0 for what is absent. */
final class Packed {
    private static final int TEXT_BYTES_MAX = 0xffff;

    private ByteBuffer bytes = ByteBuffer.allocate(512);

    Packed small(int value) {
        room(Byte.BYTES).put((byte) value);
        return this;
    }

    Packed number(long value) {
        room(Long.BYTES).putLong(value);
        return this;
    }

    /** Absent and empty are one. */
    Packed text(String value) {
        var encoded = value == null ? new byte[0] : value.getBytes(StandardCharsets.UTF_8);
        if (encoded.length > TEXT_BYTES_MAX) {
            throw new PeerException("a text of " + encoded.length + " bytes is longer than " + TEXT_BYTES_MAX);
        }
        room(Short.BYTES + encoded.length).putShort((short) encoded.length).put(encoded);
        return this;
    }

    byte[] bytes() {
        var packed = new byte[bytes.position()];
        bytes.flip().get(packed);
        return packed;
    }

    /** Reads what {@link #text} has written; null for what is absent. */
    static String text(ByteBuffer from) {
        var length = Short.toUnsignedInt(from.getShort());
        if (length == 0) {
            return null;
        }
        var text = new String(from.array(), from.arrayOffset() + from.position(), length, StandardCharsets.UTF_8);
        from.position(from.position() + length);
        return text;
    }

    private ByteBuffer room(int wanted) {
        if (bytes.remaining() < wanted) {
            var larger = ByteBuffer.allocate(2 * (bytes.capacity() + wanted));
            bytes = larger.put(bytes.flip());
        }
        return bytes;
    }
}
