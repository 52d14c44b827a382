package origem.peer;

import java.nio.ByteBuffer;

/**
 * What a conversation remembers of an event: all that the rules ask for, and nothing else. Times are microseconds since 1970; texts
 * that are absent are null.
 */
record Fact(
        Kind kind,
        long at,
        String dedupKey,
        String messageId,
        String replyTo,
        String adId,
        String click,
        String hashtag,
        String campaign,
        String agent) {

    boolean is(Kind other) {
        return kind == other;
    }

    /** Of the customer or ours: a dispatch does not count. */
    boolean isMessage() {
        return kind == Kind.RECEIVED || kind == Kind.SENT;
    }

    void pack(Packed into) {
        into.small(kind.ordinal()).number(at).text(dedupKey);
        into.text(messageId).text(replyTo).text(adId).text(click).text(hashtag).text(campaign).text(agent);
    }

    static Fact unpack(ByteBuffer from) {
        var kind = Kind.stored(from.get());
        var at = from.getLong();
        return new Fact(
                kind,
                at,
                Packed.text(from),
                Packed.text(from),
                Packed.text(from),
                Packed.text(from),
                Packed.text(from),
                Packed.text(from),
                Packed.text(from),
                Packed.text(from));
    }
}
