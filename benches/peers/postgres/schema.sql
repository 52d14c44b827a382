-- The log, the four views, and what pages are found by.
CREATE TABLE log (
    position bigint NOT NULL,
    conversation bigint NOT NULL,
    channel bigint NOT NULL,
    kind text NOT NULL,
    occurred_at bigint NOT NULL,
    dedup_key text NOT NULL,
    name text,
    message_id text,
    text text,
    reply_to text,
    ad_id text,
    ctwa_clid text,
    hashtag text,
    via text,
    campaign_id text,
    agent text,
    state text
);
CREATE TABLE checkpoint (next bigint NOT NULL);
INSERT INTO checkpoint VALUES (0);

-- Room in the pages, so that a row that changes often stays where its index entries lead.
CREATE TABLE conversations (
    conversation bigint PRIMARY KEY,
    name text,
    first_message_at bigint,
    last_message_at bigint,
    last_inbound_at bigint,
    last_outbound_at bigint,
    unread bigint NOT NULL,
    last_text text
) WITH (fillfactor = 80);
CREATE TABLE timeline (
    conversation bigint PRIMARY KEY,
    touches bigint NOT NULL,
    kind text NOT NULL,
    at bigint NOT NULL,
    rule text NOT NULL,
    entry text
) WITH (fillfactor = 80);
CREATE TABLE windows (
    conversation bigint PRIMARY KEY,
    care_until bigint NOT NULL,
    reply_by bigint,
    entry_opened_at bigint,
    entry_until bigint
) WITH (fillfactor = 80);
CREATE TABLE queue (
    conversation bigint PRIMARY KEY,
    status text NOT NULL,
    assignee text,
    opened_at bigint NOT NULL,
    since bigint
) WITH (fillfactor = 80);
CREATE INDEX ON conversations (last_message_at, conversation);
CREATE INDEX ON timeline (kind, entry);
CREATE INDEX ON queue (status, since, conversation);
CREATE INDEX ON queue (assignee, since, conversation);
