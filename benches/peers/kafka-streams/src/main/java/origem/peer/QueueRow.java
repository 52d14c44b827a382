package origem.peer;

/** Whose turn it is. */
final class QueueRow {
    private QueueRow() {}

    static String of(Ledger ledger) {
        Long openedAt = null;
        Long unreadSince = null;
        String assignee = null;
        var isOpen = false;
        var isAnswered = false;
        for (var fact : ledger.facts()) {
            if (fact.isMessage()) {
                isAnswered = fact.is(Kind.SENT);
                if (isAnswered) {
                    unreadSince = null;
                } else if (unreadSince == null) {
                    unreadSince = fact.at();
                }
                if (!isOpen) {
                    isOpen = true;
                    openedAt = fact.at();
                    assignee = isAnswered ? fact.agent() : null;
                }
            } else if (fact.is(Kind.CLAIMED) && isOpen && assignee == null) {
                assignee = fact.agent();
            } else if (fact.is(Kind.FINISHED)) {
                isOpen = false;
            }
        }
        if (openedAt == null) {
            return null;
        }
        if (!isOpen) {
            return View.join("finished", assignee, openedAt, null);
        }
        if (isAnswered) {
            return View.join("awaiting_customer", assignee, openedAt, null);
        }
        var since = unreadSince == null ? openedAt : Math.max(openedAt, unreadSince);
        return View.join(assignee == null ? "new" : "unanswered", assignee, openedAt, since);
    }
}
