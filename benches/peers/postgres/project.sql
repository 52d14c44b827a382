-- One batch of records: what is in braces is filled in. The transaction is the caller's.
TRUNCATE fact;
EXECUTE facts({from}, {to});
ANALYZE fact;
EXECUTE conversations;
EXECUTE timeline;
EXECUTE windows;
EXECUTE queue;
UPDATE checkpoint SET next = {to} WHERE next = {from};
