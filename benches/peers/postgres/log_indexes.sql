-- Batches are read by position, conversations by their key.
ALTER TABLE log ADD PRIMARY KEY (position);
CREATE INDEX ON log (conversation, position);
ANALYZE log;
