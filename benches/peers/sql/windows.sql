-- Until when a customer may be written to for free, and the last ad click. `fact` holds the distinct events, reports left out.
-- A click is answered by the first message of the business after it, or never: once it is too late it stays too late.
WITH RECURSIVE told AS (
    SELECT
        conversation,
        occurred_at,
        kind = 'message_received' AS inbound,
        ad_id IS NOT NULL AS click,
        max(CASE WHEN kind = 'message_received' THEN occurred_at END) OVER before_it AS inbound_before
    FROM fact
    WHERE kind IN ('message_received', 'message_sent')
    WINDOW before_it AS (PARTITION BY conversation ORDER BY occurred_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
-- Silences of the customer of more than a day: while there is none, every message prolongs the time to answer a click.
message AS (
    SELECT
        *,
        sum(CASE WHEN inbound AND occurred_at - inbound_before > 86400000000 THEN 1 ELSE 0 END) OVER (
            PARTITION BY conversation ORDER BY occurred_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS silences
    FROM told
),
reply AS (
    SELECT
        *,
        max(CASE WHEN click THEN occurred_at END) OVER before_reply AS clicked_at,
        max(CASE WHEN click THEN silences END) OVER before_reply AS silences_at_click,
        max(CASE WHEN NOT inbound THEN occurred_at END) OVER before_reply AS reply_before
    FROM message
    WINDOW before_reply AS (PARTITION BY conversation ORDER BY occurred_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
answer AS (
    SELECT conversation, occurred_at, clicked_at, row_number() OVER (PARTITION BY conversation ORDER BY occurred_at) AS number
    FROM reply
    WHERE NOT inbound
        AND clicked_at IS NOT NULL
        AND (reply_before IS NULL OR reply_before < clicked_at)
        AND silences = silences_at_click
        AND occurred_at - inbound_before <= 86400000000
),
-- An answer opens a window unless one is open: that depends on the answer before it.
opened AS (
    SELECT conversation, number, occurred_at AS opened_at
    FROM answer
    WHERE number = 1
    UNION ALL
    SELECT
        answer.conversation,
        answer.number,
        CASE WHEN answer.occurred_at >= opened.opened_at + 259200000000 THEN answer.occurred_at ELSE opened.opened_at END
    FROM opened
    JOIN answer ON answer.conversation = opened.conversation AND answer.number = opened.number + 1
),
entry AS (
    SELECT conversation, max(opened_at) AS opened_at
    FROM opened
    GROUP BY conversation
),
click AS (
    SELECT conversation, max(occurred_at) AS clicked_at, max(silences) AS silences
    FROM message
    WHERE click
    GROUP BY conversation
),
waiting AS (
    SELECT click.conversation, max(message.occurred_at) + 86400000000 AS reply_by
    FROM click
    JOIN message ON message.conversation = click.conversation AND message.silences = click.silences
    LEFT JOIN answer ON answer.conversation = click.conversation AND answer.clicked_at = click.clicked_at
    WHERE message.inbound AND message.occurred_at >= click.clicked_at AND answer.occurred_at IS NULL
    GROUP BY click.conversation
),
care AS (
    SELECT conversation, max(occurred_at) + 86400000000 AS care_until
    FROM message
    WHERE inbound
    GROUP BY conversation
)
SELECT
    care.conversation,
    care_until,
    reply_by,
    opened_at AS entry_opened_at,
    opened_at + 259200000000 AS entry_until
FROM care
LEFT JOIN waiting ON waiting.conversation = care.conversation
LEFT JOIN entry ON entry.conversation = care.conversation
