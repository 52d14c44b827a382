-- The latest ticket of each conversation. `fact` holds the distinct events, reports left out.
-- Finishes cut the events into parts; the messages of a part share a ticket, which the first of them opens.
WITH told AS (
    SELECT
        *,
        kind = 'message_received' OR coalesce(via = 'web', FALSE) AS spoken,
        coalesce(
            sum(CASE WHEN kind = 'ticket_finished' THEN 1 ELSE 0 END) OVER (
                PARTITION BY conversation ORDER BY occurred_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            0
        ) AS part,
        max(CASE WHEN via = 'web' THEN occurred_at END) OVER (PARTITION BY conversation) AS answered_at
    FROM fact
),
unread AS (
    SELECT conversation, min(occurred_at) AS unread_since
    FROM told
    WHERE kind = 'message_received' AND (answered_at IS NULL OR occurred_at > answered_at)
    GROUP BY conversation
),
latest AS (
    SELECT conversation, max(part) AS part, max(occurred_at) AS spoken_at
    FROM told
    WHERE spoken
    GROUP BY conversation
),
own AS (
    SELECT
        told.*,
        spoken_at,
        min(CASE WHEN spoken THEN occurred_at END) OVER (PARTITION BY told.conversation) AS opened_at
    FROM told
    JOIN latest ON latest.conversation = told.conversation AND latest.part = told.part
),
ticket AS (
    SELECT
        conversation,
        min(opened_at) AS opened_at,
        coalesce(
            max(CASE WHEN occurred_at = opened_at THEN agent END),
            (array_agg(agent ORDER BY occurred_at) FILTER (WHERE kind = 'ticket_claimed' AND occurred_at > opened_at))[1]
        ) AS assignee,
        max(CASE WHEN kind = 'ticket_finished' THEN 1 ELSE 0 END) = 1 AS finished,
        max(CASE WHEN occurred_at = spoken_at AND via = 'web' THEN 1 ELSE 0 END) = 1 AS answered
    FROM own
    GROUP BY conversation
),
queue AS (
    SELECT
        *,
        CASE
            WHEN finished THEN 'finished'
            WHEN answered THEN 'awaiting_customer'
            WHEN assignee IS NOT NULL THEN 'unanswered'
            ELSE 'new'
        END AS status
    FROM ticket
)
SELECT
    queue.conversation,
    status,
    assignee,
    opened_at,
    CASE WHEN status IN ('unanswered', 'new') THEN greatest(opened_at, coalesce(unread_since, 0)) END AS since
FROM queue
LEFT JOIN unread ON unread.conversation = queue.conversation
