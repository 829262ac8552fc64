"""Steps from one shape of the tables to the next; Alembic runs them in order."""
