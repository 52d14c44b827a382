package origem.peer;

/** What an event is, as far as the rules tell events apart. The order is that of the stored byte: append only. */
enum Kind {
    /** A message of the customer. */
    RECEIVED,
    /** A message of the business that an agent wrote: "ours". */
    SENT,
    /** A message of the business that a campaign sent. */
    DISPATCH,
    /** A report on a message, which changes no row. */
    STATUS,
    CLAIMED,
    FINISHED;

    private static final Kind[] ALL = values();

    /** Reads the columns {@code kind} and {@code via}. */
    static Kind of(String kind, String via) {
        return switch (kind) {
            case "message_received" -> RECEIVED;
            case "message_sent" -> via.equals("campaign") ? DISPATCH : SENT;
            case "message_status" -> STATUS;
            case "ticket_claimed" -> CLAIMED;
            case "ticket_finished" -> FINISHED;
            default -> throw new PeerException("events.csv has the kind " + kind + ", which this peer does not know");
        };
    }

    static Kind stored(byte number) {
        return ALL[number];
    }
}
