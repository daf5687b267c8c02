"""HTTP/1 for REST: a port, its connections, and the messages that they carry."""
