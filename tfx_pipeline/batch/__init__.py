"""Tables scored in batches: `tfx-pipeline batch`."""
