-- How many touches a conversation has, and the latest. `fact` holds the distinct events, reports left out.
WITH told AS (
    SELECT
        *,
        max(CASE WHEN kind = 'message_received' OR via = 'web' THEN occurred_at END) OVER before_it AS message_before,
        max(CASE WHEN via = 'campaign' THEN occurred_at END) OVER before_it AS dispatched_at
    FROM fact
    WHERE kind IN ('message_received', 'message_sent')
    WINDOW before_it AS (PARTITION BY conversation ORDER BY occurred_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
opening AS (
    SELECT
        *,
        (kind = 'message_received' OR via = 'web')
            AND (message_before IS NULL OR occurred_at - message_before >= 86400000000) AS opens
    FROM told
),
message AS (
    SELECT
        *,
        sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER so_far AS interaction,
        max(CASE WHEN opens AND kind = 'message_received' THEN occurred_at END) OVER before_opening AS opened_before
    FROM opening
    WINDOW
        so_far AS (PARTITION BY conversation ORDER BY occurred_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
        before_opening AS (PARTITION BY conversation ORDER BY occurred_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
quote AS (
    SELECT conversation, reply_to, min(occurred_at) AS quoted_at
    FROM message
    WHERE reply_to IS NOT NULL
    GROUP BY conversation, reply_to
),
dispatch AS (
    SELECT message.conversation, occurred_at, message_id, campaign_id, quoted_at
    FROM message
    LEFT JOIN quote ON quote.conversation = message.conversation AND quote.reply_to = message.message_id
    WHERE via = 'campaign'
),
evidence AS (
    SELECT conversation, occurred_at, interaction, 1 AS place, 'ad' AS kind, 'ad.referral@1' AS rule, ad_id AS entry, ctwa_clid AS more
    FROM message
    WHERE ad_id IS NOT NULL
    UNION ALL
    SELECT conversation, occurred_at, interaction, 2, 'hashtag', 'hashtag.first_word@1', hashtag, ''
    FROM message
    WHERE hashtag IS NOT NULL
    UNION ALL
    SELECT message.conversation, message.occurred_at, interaction, 3, 'whatsapp_campaign', 'campaign.quote@1', dispatch.campaign_id, ''
    FROM message
    JOIN dispatch ON dispatch.conversation = message.conversation AND dispatch.message_id = message.reply_to
    UNION ALL
    SELECT message.conversation, message.occurred_at, interaction, 3, 'whatsapp_campaign', 'campaign.window@1', dispatch.campaign_id, ''
    FROM message
    JOIN dispatch ON dispatch.conversation = message.conversation AND dispatch.occurred_at = message.dispatched_at
    WHERE opens
        AND kind = 'message_received'
        AND reply_to IS NULL
        AND message.occurred_at - dispatch.occurred_at <= 259200000000
        AND (opened_before IS NULL OR opened_before < dispatch.occurred_at)
        AND (quoted_at IS NULL OR quoted_at > message.occurred_at)
),
news AS (
    SELECT *, row_number() OVER (PARTITION BY conversation, interaction, kind, entry, more ORDER BY occurred_at) AS times
    FROM evidence
),
strongest AS (
    SELECT *, row_number() OVER (PARTITION BY conversation, occurred_at ORDER BY place) AS rank
    FROM news
    WHERE times = 1
),
touch AS (
    SELECT conversation, occurred_at, kind, rule, entry
    FROM strongest
    WHERE rank = 1
    UNION ALL
    SELECT message.conversation, message.occurred_at, 'organic', 'organic@1', NULL
    FROM message
    LEFT JOIN (SELECT DISTINCT conversation, occurred_at FROM evidence) AS explained
        ON explained.conversation = message.conversation AND explained.occurred_at = message.occurred_at
    WHERE opens AND kind = 'message_received' AND explained.occurred_at IS NULL
    UNION ALL
    SELECT conversation, occurred_at, 'new_message', 'message.sent@1', NULL
    FROM message
    WHERE opens AND via = 'web'
),
ranked AS (
    SELECT
        *,
        count(*) OVER (PARTITION BY conversation) AS touches,
        row_number() OVER (PARTITION BY conversation ORDER BY occurred_at DESC) AS rank
    FROM touch
)
SELECT conversation, touches, kind, occurred_at AS "at", rule, entry
FROM ranked
WHERE rank = 1
