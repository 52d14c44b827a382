package origem.peer;

/** The card of a conversation. */
final class ConversationRow {
    private ConversationRow() {}

    static String of(Ledger ledger) {
        Long first = null;
        Long last = null;
        Long inbound = null;
        Long outbound = null;
        var unread = 0;
        for (var fact : ledger.facts()) {
            if (!fact.isMessage()) {
                continue;
            }
            first = first == null ? fact.at() : first;
            last = fact.at();
            if (fact.is(Kind.RECEIVED)) {
                inbound = fact.at();
                unread += 1;
            } else {
                outbound = fact.at();
                unread = 0;
            }
        }
        return View.join(ledger.name(), first, last, inbound, outbound, unread, ledger.text());
    }
}
