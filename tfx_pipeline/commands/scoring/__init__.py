"""What `tfx-pipeline batch` needs: the plan of a job, and what is shown of it."""
