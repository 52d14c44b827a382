-- Pages of 50 rows, each with all that a list shows, one after the other and from the top again: 400 of each filter. Of each page psql tells how
-- long it took; of the query that lists where pages begin too, which comes first and is left out. What pages show goes to a file, for whoever
-- compares it.
\pset format csv
\pset tuples_only on
\o pages.csv
PREPARE page_all(bigint, bigint) AS
SELECT conversation, name, last_text, last_message_at, unread, timeline.kind, entry, status, assignee, care_until, entry_until
FROM conversations
LEFT JOIN timeline USING (conversation)
LEFT JOIN queue USING (conversation)
LEFT JOIN windows USING (conversation)
WHERE (last_message_at, conversation) <= ($1, $2)
ORDER BY last_message_at DESC, conversation DESC
LIMIT 50;

PREPARE page_new(bigint, bigint) AS
SELECT conversation, name, last_text, last_message_at, unread, timeline.kind, entry, status, assignee, care_until, entry_until
FROM queue
JOIN conversations USING (conversation)
LEFT JOIN timeline USING (conversation)
LEFT JOIN windows USING (conversation)
WHERE status = 'new' AND (since, conversation) >= ($1, $2)
ORDER BY since, conversation
LIMIT 50;

PREPARE page_agent(text, bigint, bigint) AS
SELECT conversation, name, last_text, last_message_at, unread, timeline.kind, entry, status, assignee, care_until, entry_until
FROM queue
JOIN conversations USING (conversation)
LEFT JOIN timeline USING (conversation)
LEFT JOIN windows USING (conversation)
WHERE assignee = $1 AND (since, conversation) >= ($2, $3)
ORDER BY since, conversation
LIMIT 50;

PREPARE page_entry(text, text, bigint, bigint) AS
SELECT conversation, name, last_text, last_message_at, unread, timeline.kind, entry, status, assignee, care_until, entry_until
FROM timeline
JOIN conversations USING (conversation)
LEFT JOIN queue USING (conversation)
LEFT JOIN windows USING (conversation)
WHERE timeline.kind = $1 AND entry = $2 AND (last_message_at, conversation) <= ($3, $4)
ORDER BY last_message_at DESC, conversation DESC
LIMIT 50;

\timing on
\echo filter all
\qecho filter all
SELECT format('EXECUTE page_all(%s, %s)', last_message_at, conversation)
FROM (
    SELECT *, row_number() OVER (ORDER BY last_message_at DESC, conversation DESC) - 1 AS place
    FROM conversations
    WHERE last_message_at IS NOT NULL
) AS listed
CROSS JOIN generate_series(1, 400) AS times
WHERE place % 50 = 0
ORDER BY times, place
LIMIT 400 \gexec

\echo filter new
\qecho filter new
SELECT format('EXECUTE page_new(%s, %s)', since, conversation)
FROM (
    SELECT *, row_number() OVER (ORDER BY since, conversation) - 1 AS place
    FROM queue
    WHERE status = 'new'
) AS listed
CROSS JOIN generate_series(1, 400) AS times
WHERE place % 50 = 0
ORDER BY times, place
LIMIT 400 \gexec

\echo filter ad
\qecho filter ad
SELECT format('EXECUTE page_entry(%L, %L, %s, %s)', 'ad', :'ad', last_message_at, conversation)
FROM (
    SELECT *, row_number() OVER (ORDER BY last_message_at DESC, conversation DESC) - 1 AS place
    FROM timeline
    JOIN conversations USING (conversation)
    WHERE kind = 'ad' AND entry = :'ad'
) AS listed
CROSS JOIN generate_series(1, 400) AS times
WHERE place % 50 = 0
ORDER BY times, place
LIMIT 400 \gexec

\echo filter hashtag
\qecho filter hashtag
SELECT format('EXECUTE page_entry(%L, %L, %s, %s)', 'hashtag', :'hashtag', last_message_at, conversation)
FROM (
    SELECT *, row_number() OVER (ORDER BY last_message_at DESC, conversation DESC) - 1 AS place
    FROM timeline
    JOIN conversations USING (conversation)
    WHERE kind = 'hashtag' AND entry = :'hashtag'
) AS listed
CROSS JOIN generate_series(1, 400) AS times
WHERE place % 50 = 0
ORDER BY times, place
LIMIT 400 \gexec

\echo filter agent
\qecho filter agent
SELECT format('EXECUTE page_agent(%L, %s, %s)', :'agent', since, conversation)
FROM (
    SELECT *, row_number() OVER (ORDER BY since, conversation) - 1 AS place
    FROM queue
    WHERE assignee = :'agent' AND since IS NOT NULL
) AS listed
CROSS JOIN generate_series(1, 400) AS times
WHERE place % 50 = 0
ORDER BY times, place
LIMIT 400 \gexec
