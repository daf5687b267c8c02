"""The gRPC port: its server, its services, and who may call."""
