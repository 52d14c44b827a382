-- The views as files, for whoever compares them; into the directory that psql works in.
\copy (SELECT conversation, name, first_message_at, last_message_at, last_inbound_at, last_outbound_at, unread, last_text FROM conversations ORDER BY conversation) TO 'conversations.csv' WITH (FORMAT csv, HEADER)
\copy (SELECT conversation, touches, kind, at, rule, entry FROM timeline ORDER BY conversation) TO 'timeline.csv' WITH (FORMAT csv, HEADER)
\copy (SELECT conversation, care_until, reply_by, entry_opened_at, entry_until FROM windows ORDER BY conversation) TO 'windows.csv' WITH (FORMAT csv, HEADER)
\copy (SELECT conversation, status, assignee, opened_at, since FROM queue ORDER BY conversation) TO 'queue.csv' WITH (FORMAT csv, HEADER)
