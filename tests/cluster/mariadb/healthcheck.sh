#!/bin/sh
# Tell whether the server answers; it listens to the network only when its first users are made.
# What the manifest asks for (--connect, --innodb_initialized) is one question here.
exec mariadb --protocol=tcp --host=127.0.0.1 --user=healthcheck --password=healthcheck \
    --execute='SELECT 1' >/dev/null
