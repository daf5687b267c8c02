"""The page of a run: one file of HTML with everything in it, which needs no script and no network.

`rendering` puts it together: `sections/` say what stands where, `drawing/` draws by Matplotlib,
`templates/` write it down. What is drawn is drawn from figures whose number does not grow with the
rows.
"""
