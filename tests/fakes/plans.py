"""How SQLite would run what a function of the store asks: by which index, or by a walk."""

from sqlalchemy import event


def plan_of(database, work, *args, **kwargs):
    """The steps of every statement, one line each, as EXPLAIN QUERY PLAN words them."""
    statements = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        statements.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        database.read_now(work, *args, **kwargs)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    asked = [pair for pair in statements if not pair[0].startswith("BEGIN")]
    return database.read_now(
        lambda tx: [
            row.detail
            for statement, parameters in asked
            for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    )
