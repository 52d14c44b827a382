package origem.peer;

import java.util.function.Function;

/** The four views: what their rows are called, and how a row is folded from the facts of its conversation. */
enum View {
    CONVERSATIONS(
            "conversation,name,first_message_at,last_message_at,last_inbound_at,last_outbound_at,unread,last_text",
            ConversationRow::of),
    TIMELINE("conversation,touches,kind,at,rule,entry", TimelineRow::of),
    WINDOWS("conversation,care_until,reply_by,entry_opened_at,entry_until", WindowsRow::of),
    QUEUE("conversation,status,assignee,opened_at,since", QueueRow::of);

    private final String headings;
    private final Function<Ledger, String> fold;

    View(String headings, Function<Ledger, String> fold) {
        this.headings = headings;
        this.fold = fold;
    }

    /** Of the store, and of the file without its ending. */
    String title() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    String headings() {
        return headings;
    }

    /** The row as it stands in the file behind the conversation, or null if the conversation has none. */
    String row(Ledger ledger) {
        return fold.apply(ledger);
    }

    /** Fields of a row; null is an empty field. */
    static String join(Object... fields) {
        var row = new StringBuilder(96);
        for (var index = 0; index < fields.length; index += 1) {
            if (index > 0) {
                row.append(',');
            }
            if (fields[index] != null) {
                row.append(fields[index]);
            }
        }
        return row.toString();
    }
}
