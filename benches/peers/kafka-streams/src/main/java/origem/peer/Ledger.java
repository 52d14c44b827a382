package origem.peer;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The distinct facts of a conversation in order of time, from which every row is folded again when one comes in: an event that comes
 * late changes what is behind it. Of names and texts only the latest is kept, which needs no list. Reports on messages are not kept,
 * because they change no row.
 */
final class Ledger {
    private final List<Fact> facts = new ArrayList<>();
    private long namedAt = Long.MIN_VALUE;
    private String name;
    private long writtenAt = Long.MIN_VALUE;
    private String text;

    List<Fact> facts() {
        return facts;
    }

    /** Of the latest event that has one; null if none has. */
    String name() {
        return name;
    }

    /** Of the latest message, dispatches included; null if there is none or it has none. */
    String text() {
        return text;
    }

    /** Takes in an event; false if it was there already or says nothing. */
    boolean add(Event event) {
        var fact = event.fact();
        if (fact.is(Kind.STATUS) || has(fact)) {
            return false;
        }
        // Most events come in order, so the search begins at the end.
        var place = facts.size();
        while (place > 0 && facts.get(place - 1).at() > fact.at()) {
            place -= 1;
        }
        facts.add(place, fact);
        if (event.name() != null && fact.at() > namedAt) {
            namedAt = fact.at();
            name = event.name();
        }
        if ((fact.isMessage() || fact.is(Kind.DISPATCH)) && fact.at() > writtenAt) {
            writtenAt = fact.at();
            text = event.text();
        }
        return true;
    }

    private boolean has(Fact fact) {
        for (var other : facts) {
            if (other.kind() == fact.kind() && other.dedupKey().equals(fact.dedupKey())) {
                return true;
            }
        }
        return false;
    }

    byte[] pack() {
        var packed = new Packed().number(namedAt).text(name).number(writtenAt).text(text);
        for (var fact : facts) {
            fact.pack(packed);
        }
        return packed.bytes();
    }

    static Ledger unpack(byte[] bytes) {
        var ledger = new Ledger();
        var from = ByteBuffer.wrap(bytes);
        ledger.namedAt = from.getLong();
        ledger.name = Packed.text(from);
        ledger.writtenAt = from.getLong();
        ledger.text = Packed.text(from);
        while (from.hasRemaining()) {
            ledger.facts.add(Fact.unpack(from));
        }
        return ledger;
    }
}
