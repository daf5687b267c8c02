#!/bin/sh
# Start MariaDB as the manifest asks: with its first database and users, when the volume is new.
set -eu
data=/var/lib/mysql
socket=/run/mysqld/mysqld.sock

# The value of a variable, or of the file that NAME_FILE names.
value() {
    eval "file=\${$1_FILE:-}"
    if [ -n "$file" ]; then cat "$file"; else eval "printf %s \"\${$1:-}\""; fi
}

# A value as SQL writes it.
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/[\\\\']/\\\\&/g")"; }

# A manifest gives flags alone.
case "${1:-}" in -*) set -- mariadbd "$@" ;; esac

if [ ! -e "$data/.users-are-made" ]; then
    find "$data" -mindepth 1 -delete # of a start that was cut off
    mariadb-install-db --no-defaults --datadir="$data" --auth-root-authentication-method=normal \
        --skip-test-db >/dev/null
    # Without the network until the passwords stand.
    "$@" --datadir="$data" --socket="$socket" --skip-networking &
    first=$!
    until mariadb --socket="$socket" --user=root --execute='SELECT 1' >/dev/null 2>&1; do
        kill -0 "$first"
        sleep 0.2
    done
    root=$(quoted "$(value MARIADB_ROOT_PASSWORD)")
    user=$(quoted "$(value MARIADB_USER)")
    password=$(quoted "$(value MARIADB_PASSWORD)")
    mariadb --socket="$socket" --user=root <<SQL
CREATE DATABASE IF NOT EXISTS \`$(value MARIADB_DATABASE)\`;
CREATE USER $user@'%' IDENTIFIED BY $password;
GRANT ALL ON \`$(value MARIADB_DATABASE)\`.* TO $user@'%';
CREATE USER healthcheck@'127.0.0.1' IDENTIFIED BY 'healthcheck';
CREATE USER root@'%' IDENTIFIED BY $root;
GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;
ALTER USER root@localhost IDENTIFIED BY $root;
SQL
    kill "$first"
    wait "$first"
    touch "$data/.users-are-made"
fi
exec "$@" --datadir="$data" --socket="$socket" --bind-address=0.0.0.0
