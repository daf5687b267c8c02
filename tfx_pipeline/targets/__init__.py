"""What a target, a place that runs a pipeline, can do of a configuration, before it is compiled.

`rules` says what a target and a rule are; the `*_rules` files hold them, by subject.
`conformance.check` applies all and gives a report, `check_runs_here` those that matter to a run on
this machine; `page` writes them down for readers. To add a target: `rules.TARGETS`, then the
levels of each rule.
"""
