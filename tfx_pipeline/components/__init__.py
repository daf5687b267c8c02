"""Our own TFX components and executors."""
