package origem.peer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Where the customer came from: how many touches there are, and the latest. */
final class TimelineRow {
    /** What a message says about where it came from; {@code same} is equal for evidence that is one. */
    private record Evidence(String kind, String rule, String entry, String same) {}

    private final Map<String, Fact> dispatches = new HashMap<>();
    private final Set<String> had = new HashSet<>();
    private Long lastMessageAt;
    private Fact lastDispatch;
    private boolean isAnswered;
    private int touches;
    private String latest;

    private TimelineRow() {}

    static String of(Ledger ledger) {
        var row = new TimelineRow();
        for (var fact : ledger.facts()) {
            if (fact.is(Kind.DISPATCH)) {
                row.dispatches.put(fact.messageId(), fact);
            }
        }
        ledger.facts().forEach(row::take);
        return row.touches == 0 ? null : row.touches + "," + row.latest;
    }

    private void take(Fact fact) {
        if (fact.is(Kind.DISPATCH)) {
            lastDispatch = fact;
            isAnswered = false;
        }
        if (!fact.isMessage()) {
            return;
        }
        var opens = lastMessageAt == null || fact.at() - lastMessageAt >= WindowsRow.DAY;
        lastMessageAt = fact.at();
        if (opens) {
            had.clear();
        }
        if (fact.is(Kind.RECEIVED)) {
            received(fact, opens);
        } else if (opens) {
            touch(fact, "new_message", "message.sent@1", null);
        }
    }

    private void received(Fact fact, boolean opens) {
        var quoted = fact.replyTo() == null ? null : dispatches.get(fact.replyTo());
        var evidence = evidence(fact, opens, quoted);
        if (opens || (quoted != null && quoted == lastDispatch)) {
            isAnswered = true;
        }
        if (evidence.isEmpty() && opens) {
            touch(fact, "organic", "organic@1", null);
        }
        Evidence strongest = null;
        for (var one : evidence) {
            if (had.add(one.same()) && strongest == null) {
                strongest = one;
            }
        }
        if (strongest != null) {
            touch(fact, strongest.kind(), strongest.rule(), strongest.entry());
        }
    }

    /** All that there is, the strongest first. */
    private List<Evidence> evidence(Fact fact, boolean opens, Fact quoted) {
        var found = new ArrayList<Evidence>(3);
        if (fact.adId() != null) {
            var same = "ad " + fact.adId() + ' ' + fact.click();
            found.add(new Evidence("ad", "ad.referral@1", fact.adId(), same));
        }
        if (fact.hashtag() != null) {
            found.add(new Evidence("hashtag", "hashtag.first_word@1", fact.hashtag(), "hashtag " + fact.hashtag()));
        }
        if (quoted != null) {
            found.add(campaign(quoted, "campaign.quote@1"));
        } else if (opens
                && lastDispatch != null
                && !isAnswered
                && fact.at() - lastDispatch.at() <= WindowsRow.THREE_DAYS) {
            found.add(campaign(lastDispatch, "campaign.window@1"));
        }
        return found;
    }

    private static Evidence campaign(Fact dispatch, String rule) {
        return new Evidence("whatsapp_campaign", rule, dispatch.campaign(), "campaign " + dispatch.campaign());
    }

    private void touch(Fact fact, String kind, String rule, String entry) {
        touches += 1;
        latest = View.join(kind, fact.at(), rule, entry);
    }
}
