-- All views at once, beside those that are kept up to date, with the same indexes. Names in braces stand for the queries of ../sql.
-- The planner knows nothing of how many rows the steps of a query give, guesses few, and would compare all with all.
SET enable_nestloop = off;
CREATE SCHEMA set_based;
SET search_path = set_based, public;
CREATE TABLE fact AS
SELECT DISTINCT ON (conversation, kind, dedup_key)
    conversation, kind, occurred_at, name, message_id, text, reply_to, ad_id, ctwa_clid, hashtag, via, campaign_id, agent
FROM log
WHERE kind <> 'message_status';
ANALYZE fact;
CREATE TABLE conversations AS
{conversations};
CREATE TABLE timeline AS
{timeline};
CREATE TABLE windows AS
{windows};
CREATE TABLE queue AS
{queue};
DROP TABLE fact;
ALTER TABLE conversations ADD PRIMARY KEY (conversation);
ALTER TABLE timeline ADD PRIMARY KEY (conversation);
ALTER TABLE windows ADD PRIMARY KEY (conversation);
ALTER TABLE queue ADD PRIMARY KEY (conversation);
CREATE INDEX ON conversations (last_message_at, conversation);
CREATE INDEX ON timeline (kind, entry);
CREATE INDEX ON queue (status, since, conversation);
CREATE INDEX ON queue (assignee, since, conversation);
