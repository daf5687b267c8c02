"""Whether a table can be used: `table_checks` compares it with what is needed of it."""
