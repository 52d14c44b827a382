-- The card of each conversation. `fact` holds the distinct events, reports left out.
WITH told AS (
    SELECT *, max(CASE WHEN via = 'web' THEN occurred_at END) OVER (PARTITION BY conversation) AS answered_at
    FROM fact
)
SELECT
    conversation,
    (array_agg(name ORDER BY occurred_at DESC) FILTER (WHERE name IS NOT NULL))[1] AS name,
    min(occurred_at) FILTER (WHERE kind = 'message_received' OR via = 'web') AS first_message_at,
    max(occurred_at) FILTER (WHERE kind = 'message_received' OR via = 'web') AS last_message_at,
    max(occurred_at) FILTER (WHERE kind = 'message_received') AS last_inbound_at,
    max(occurred_at) FILTER (WHERE via = 'web') AS last_outbound_at,
    count(*) FILTER (WHERE kind = 'message_received' AND (answered_at IS NULL OR occurred_at > answered_at)) AS unread,
    (array_agg(text ORDER BY occurred_at DESC) FILTER (WHERE text IS NOT NULL))[1] AS last_text
FROM told
GROUP BY conversation
