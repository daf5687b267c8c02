"""The typed configuration: its model, its loader, its checks."""
