"""HTTP/1 for REST.

`server` opens a port and closes it; `port` is what its connections have in common; `connection`
parses, queues and answers; `messages` are what an application sees, packed with gzip or not.
"""
