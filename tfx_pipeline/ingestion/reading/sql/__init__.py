"""Rows of a database, asked for once and streamed as Arrow record batches.

`query` says what to ask, `result` opens the answer: `adbc` for PostgreSQL and SQLite, `alchemy` for
every other database that SQLAlchemy knows; `failures` gives the database's own words.
"""
