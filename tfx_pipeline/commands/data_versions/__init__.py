"""Parts of `tfx-pipeline data`: which version is meant, and how versions are shown."""
