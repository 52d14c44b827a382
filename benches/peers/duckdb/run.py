"""The four views by one query each in DuckDB: README.md. Python is the way DuckDB is installed most easily; nothing here depends on it."""

import argparse
import json
import pathlib
import sys
import time

import duckdb

VIEWS = ["conversations", "timeline", "windows", "queue"]
SQL = pathlib.Path(__file__).resolve().parent.parent / "sql"

LOAD = """
CREATE TABLE log AS SELECT * FROM read_csv('{path}', header = true, nullstr = '', columns = {{
    'position': 'BIGINT', 'conversation': 'BIGINT', 'channel': 'BIGINT', 'kind': 'VARCHAR', 'occurred_at': 'BIGINT',
    'dedup_key': 'VARCHAR', 'name': 'VARCHAR', 'message_id': 'VARCHAR', 'text': 'VARCHAR', 'reply_to': 'VARCHAR',
    'ad_id': 'VARCHAR', 'ctwa_clid': 'VARCHAR', 'hashtag': 'VARCHAR', 'via': 'VARCHAR', 'campaign_id': 'VARCHAR',
    'agent': 'VARCHAR', 'state': 'VARCHAR'}})
"""

FACT = """
CREATE TABLE fact AS
SELECT DISTINCT ON (conversation, kind, dedup_key)
    conversation, kind, occurred_at, name, message_id, text, reply_to, ad_id, ctwa_clid, hashtag, via, campaign_id, agent
FROM log
WHERE kind <> 'message_status'
"""


def figure(name, events, seconds):
    rate = events / seconds
    parameters = {"peer": "duckdb", "events": str(events), "durability": "fsync"}
    values = {"unit": "events/s", "median": rate, "min": rate, "max": rate, "repetitions": 1}
    print(json.dumps({"name": f"peers/{name}", "parameters": parameters, **values}))


def timed(database, statements):
    """How long the statements take, with what they wrote on stable storage, in seconds."""
    began = time.monotonic()
    for statement in statements:
        database.execute(statement)
    database.execute("CHECKPOINT")
    return time.monotonic() - began


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=pathlib.Path, required=True)
    arguments.add_argument("--out", type=pathlib.Path, required=True)
    arguments = arguments.parse_args()
    events = json.loads((arguments.data / "summary.json").read_text())["events"]
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / "duckdb.db"
    path.unlink(missing_ok=True)
    database = duckdb.connect(str(path))
    try:
        figure("load", events, timed(database, [LOAD.format(path=arguments.data / "events.csv")]))
        views = [f"CREATE TABLE {view} AS {(SQL / f'{view}.sql').read_text()}" for view in VIEWS]
        figure("rebuild", events, timed(database, [FACT, *views, "DROP TABLE fact"]))
        for view in VIEWS:
            rows = f"SELECT * FROM {view} ORDER BY conversation"
            database.execute(f"COPY ({rows}) TO '{arguments.out / f'{view}.csv'}' (FORMAT csv, HEADER true)")
    finally:
        database.close()
        path.unlink(missing_ok=True)
    print(f"duckdb {duckdb.__version__}", file=sys.stderr)


if __name__ == "__main__":
    main()
