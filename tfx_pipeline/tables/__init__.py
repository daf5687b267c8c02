"""What a table is, found out by looking at it, and the configuration that follows.

`plan` holds the answer: what each column is, how rows are divided, what is predicted and how.
"""
