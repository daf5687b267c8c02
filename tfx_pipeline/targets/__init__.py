"""What a target, a place that runs a pipeline, can do of a configuration, before it is compiled.

`rules` says what targets and rules are; the `*_rules` files hold them, by subject; `conformance`
applies them; `page` writes them down. To add one: `rules.Target`, then each rule's levels.
"""
