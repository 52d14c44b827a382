package origem.peer;

import java.nio.ByteBuffer;

/** An event as it stands in the input topic. The key of the record is the conversation. */
record Event(Fact fact, String name, String text) {
    /** The headings of {@code events.csv}. */
    static final String HEADINGS = "position,conversation,channel,kind,occurred_at,dedup_key,name,message_id,text,"
            + "reply_to,ad_id,ctwa_clid,hashtag,via,campaign_id,agent,state";

    private static final int COLUMNS = HEADINGS.split(",").length;

    /** The fields of a line of {@code events.csv}; no value holds a comma. */
    static String[] fields(String line) {
        var fields = line.split(",", -1);
        if (fields.length != COLUMNS) {
            throw new PeerException("a line of events.csv has " + fields.length + " fields instead of " + COLUMNS + ": " + line);
        }
        return fields;
    }

    static String conversation(String[] fields) {
        return fields[1];
    }

    static Event of(String[] fields) {
        var kind = Kind.of(fields[3], fields[13]);
        var fact = new Fact(
                kind,
                Long.parseLong(fields[4]),
                fields[5],
                // Only dispatches are quoted, so only their ids are ever looked for.
                kind == Kind.DISPATCH ? fields[7] : null,
                fields[9],
                fields[10],
                fields[11],
                fields[12],
                fields[14],
                fields[15]);
        return new Event(fact, fields[6], fields[8]);
    }

    byte[] pack() {
        var packed = new Packed();
        fact.pack(packed);
        return packed.text(name).text(text).bytes();
    }

    static Event unpack(byte[] bytes) {
        var from = ByteBuffer.wrap(bytes);
        return new Event(Fact.unpack(from), Packed.text(from), Packed.text(from));
    }
}
