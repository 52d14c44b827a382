-- What a batch does, prepared once. Names in braces stand for the queries of ../sql.
-- The planner knows nothing of how many rows the steps of a query give, guesses few, and would compare all with all.
SET enable_nestloop = off;
CREATE TEMP TABLE fact (
    conversation bigint,
    kind text,
    occurred_at bigint,
    name text,
    message_id text,
    text text,
    reply_to text,
    ad_id text,
    ctwa_clid text,
    hashtag text,
    via text,
    campaign_id text,
    agent text
);

-- All that is known of the conversations that the records from $1 on and before $2 concern: events come late, so rows alone do not do. The offset
-- keeps the planner from reading the whole log instead, which it takes for cheaper and which grows.
PREPARE facts(bigint, bigint) AS
INSERT INTO fact
SELECT DISTINCT ON (conversation, kind, dedup_key)
    conversation, kind, occurred_at, name, message_id, text, reply_to, ad_id, ctwa_clid, hashtag, via, campaign_id, agent
FROM (
    SELECT DISTINCT conversation AS touched
    FROM log
    WHERE position >= $1 AND position < $2 AND kind <> 'message_status'
) AS batch
CROSS JOIN LATERAL (
    SELECT * FROM log WHERE conversation = touched AND position < $2 AND kind <> 'message_status' OFFSET 0
) AS known;

PREPARE conversations AS
INSERT INTO conversations AS kept
{conversations}
ON CONFLICT (conversation) DO UPDATE SET
    name = excluded.name,
    first_message_at = excluded.first_message_at,
    last_message_at = excluded.last_message_at,
    last_inbound_at = excluded.last_inbound_at,
    last_outbound_at = excluded.last_outbound_at,
    unread = excluded.unread,
    last_text = excluded.last_text
WHERE kept.* IS DISTINCT FROM excluded.*;

PREPARE timeline AS
INSERT INTO timeline AS kept
{timeline}
ON CONFLICT (conversation) DO UPDATE SET
    touches = excluded.touches,
    kind = excluded.kind,
    at = excluded.at,
    rule = excluded.rule,
    entry = excluded.entry
WHERE kept.* IS DISTINCT FROM excluded.*;

PREPARE windows AS
INSERT INTO windows AS kept
{windows}
ON CONFLICT (conversation) DO UPDATE SET
    care_until = excluded.care_until,
    reply_by = excluded.reply_by,
    entry_opened_at = excluded.entry_opened_at,
    entry_until = excluded.entry_until
WHERE kept.* IS DISTINCT FROM excluded.*;

PREPARE queue AS
INSERT INTO queue AS kept
{queue}
ON CONFLICT (conversation) DO UPDATE SET
    status = excluded.status,
    assignee = excluded.assignee,
    opened_at = excluded.opened_at,
    since = excluded.since
WHERE kept.* IS DISTINCT FROM excluded.*;
