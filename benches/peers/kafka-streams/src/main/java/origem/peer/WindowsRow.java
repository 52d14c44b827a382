package origem.peer;

/** Until when the customer may be answered freely. */
final class WindowsRow {
    /** Microseconds. */
    static final long DAY = 86_400_000_000L;
    /** Microseconds. */
    static final long THREE_DAYS = 3 * DAY;

    private WindowsRow() {}

    static String of(Ledger ledger) {
        Long careUntil = null;
        Long replyBy = null;
        Long openedAt = null;
        Long until = null;
        for (var fact : ledger.facts()) {
            var isAlive = replyBy != null && fact.at() <= replyBy;
            if (fact.is(Kind.RECEIVED)) {
                careUntil = fact.at() + DAY;
                if (fact.adId() != null || isAlive) {
                    replyBy = fact.at() + DAY;
                }
            } else if ((fact.is(Kind.SENT) || fact.is(Kind.DISPATCH)) && isAlive) {
                replyBy = null;
                if (until == null || fact.at() >= until) {
                    openedAt = fact.at();
                    until = fact.at() + THREE_DAYS;
                }
            }
        }
        return careUntil == null ? null : View.join(careUntil, replyBy, openedAt, until);
    }
}
