"""What a target, a place that runs a pipeline, can do of a configuration, before it is compiled.

`rules` says what a rule is; the `*_rules` files hold them, by subject; `conformance.check` applies
all and gives a report. `page` writes them down for readers; `this_machine` refuses what needs
another target. To add a target: `rules.TARGETS`, then the levels of each rule.
"""
