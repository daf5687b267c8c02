"""The subcommands of `tfx-pipeline` that have to do with serving; each is imported when it runs."""
