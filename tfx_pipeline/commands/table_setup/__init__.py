"""What `init` does: `table_place` finds the table, `writing` makes files, `pages` shows them."""
