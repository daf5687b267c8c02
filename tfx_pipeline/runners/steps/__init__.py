"""What is said of a step, alike on this machine and in a container.

`artifact_facts` reads what came of it, `rerun_reason` says why it ran, `failure` why it failed;
`console` shows it.
"""
