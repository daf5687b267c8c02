"""Throw-away database servers for the tests: real ones, of Debian's packages, in a folder of /tmp.

A server listens on a free port of this machine, knows one user with a password and one database
that is empty, and can be killed and started again with what it keeps. PostgreSQL refuses to run as
root: as root, both run as an ordinary user.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.free_ports import free_port

USER, PASSWORD, DATABASE = "keeper", "s'e c\"r\\et#§%42", "ml"
PASSWORD_PART = "et#"  # which no way of quoting changes
assert PASSWORD_PART in PASSWORD
_PACKAGES = {"mysql": "mariadb-server", "postgresql": "postgresql"}
_FOLDERS = ("/usr/sbin", "/usr/local/bin", "/usr/lib/postgresql/*/bin")


class DatabaseServer:
    """A server of a kind, `mysql` or `postgresql`; `start` and `kill` may follow one another."""

    user, password, database, host = USER, PASSWORD, DATABASE, "127.0.0.1"

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None
        (self._make_mariadb if kind == "mysql" else self._make_postgresql)()

    @property
    def url(self) -> str:
        """The address, without the password."""
        return f"{self.kind}://{self.user}@{self.host}:{self.port}/{self.database}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        mariadb = self.kind == "mysql"
        command = self._mariadb() if mariadb else self._postgresql()
        log = (self._folder / "log").open("ab")
        self._process = subprocess.Popen(command, stdout=log, stderr=log, **_ordinary_user())
        log.close()
        self._watcher = subprocess.Popen(  # tests that are killed leave no server behind
            ["sh", "-c", "cat; kill -9 $0", str(self._process.pid)], stdin=subprocess.PIPE
        )
        until = time.monotonic() + 60
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise AssertionError((self._folder / "log").read_text(errors="replace")[-3000:])
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a power cut would, with all its processes."""
        for process in (self._watcher, self._process):
            if process is not None:
                _signal(process.pid, signal.SIGKILL)
                process.wait()
        self._watcher = self._process = None

    def pause(self) -> None:
        """Let it answer nothing any more, with its connections open."""
        assert self._process is not None
        _signal(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self._process is not None
        _signal(self._process.pid, signal.SIGCONT)

    def use_empty_database(self) -> str:
        """Make another database, which `url` and `sql` are of from now on; give its URL."""
        name = f"{DATABASE}_{time.monotonic_ns()}"
        self.sql(f"CREATE DATABASE {name}")
        self.database = name
        return self.url

    def sql(self, text: str) -> list[list[str]]:
        """Run statements as the user; give the rows of the last one as text."""
        database = self.database
        if self.kind == "mysql":
            command = ["mariadb", "--batch", "--skip-column-names", "--protocol=tcp"]
            command += [f"--host={self.host}", f"--port={self.port}", f"--user={self.user}"]
            environment = {"MYSQL_PWD": self.password}
            command += ["--default-character-set=utf8mb4", database, f"--execute={text}"]
        else:
            command = [_program("psql"), "-qtA", "-F\t", f"-h{self.host}", f"-p{self.port}"]
            command += [f"-U{self.user}", f"-d{database}", f"-c{text}"]
            environment = {"PGPASSWORD": self.password}
        done = subprocess.run(
            command, env=os.environ | environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]

    def _make_mariadb(self) -> None:
        self._run(
            [
                _program("mariadb-install-db"),
                "--no-defaults",
                f"--datadir={self._folder}/data",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ]
        )
        quoted = self.password.replace("\\", "\\\\").replace("'", "\\'")
        text = f"""
            CREATE DATABASE IF NOT EXISTS {DATABASE};
            CREATE USER IF NOT EXISTS {USER}@'%' IDENTIFIED BY '{quoted}';
            GRANT ALL ON `{DATABASE}%`.* TO {USER}@'%';
        """
        (self._folder / "init.sql").write_text(text, encoding="utf-8")

    def _mariadb(self) -> list[str]:
        folder = self._folder
        return [
            _program("mariadbd"),
            "--no-defaults",
            f"--datadir={folder}/data",
            f"--socket={folder}/socket",
            f"--pid-file={folder}/pid",
            f"--port={self.port}",
            f"--bind-address={self.host}",
            f"--init-file={folder}/init.sql",
            "--character-set-server=utf8mb4",
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-buffer-pool-size=32M",
            "--skip-name-resolve",
        ]

    def _make_postgresql(self) -> None:
        file = self._folder / "password"
        file.write_text(self.password, encoding="utf-8")
        shutil.chown(file, **_owner())
        self._run(
            [
                _program("initdb"),
                "--no-sync",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                f"--pgdata={self._folder}/data",
                f"--pwfile={file}",
                f"--username={self.user}",
            ]
        )
        file.unlink()
        single = [_program("postgres"), "--single", "-D", f"{self._folder}/data", "postgres"]
        self._run(single, f"CREATE DATABASE {self.database}\n")

    def _postgresql(self) -> list[str]:
        command = [_program("postgres"), "-D", f"{self._folder}/data", f"-p{self.port}"]
        for setting in (
            f"listen_addresses={self.host}",
            f"unix_socket_directories={self._folder}",
            "shared_buffers=16MB",
            "fsync=off",
            "dynamic_shared_memory_type=mmap",
        ):
            command += ["-c", setting]
        return command

    def _answers(self) -> bool:
        """Tell whether it lets its user in; MariaDB makes the user after it opens the port."""
        with contextlib.suppress(OSError, AssertionError):
            socket.create_connection((self.host, self.port), 1).close()
            self.sql("SELECT 1")
            return True
        return False

    def _run(self, command: Sequence[str], text: str | None = None) -> None:
        done = subprocess.run(
            command,
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self._folder,
            check=False,
            **_ordinary_user(),
        )
        assert done.returncode == 0, done.stdout


@contextlib.contextmanager
def database_server(kind: str) -> Iterator[DatabaseServer]:
    """Give a running server; skip the test where its package is not installed."""
    program = "mariadbd" if kind == "mysql" else "postgres"
    if _find(program) is None:
        pytest.skip(f"needs {program}, of Debian's package {_PACKAGES[kind]}")
    folder = Path(tempfile.mkdtemp(prefix=f"{kind}-"))  # short: a socket's path has a limit
    shutil.chown(folder, **_owner())
    server = None
    try:
        server = DatabaseServer(kind, folder)
        server.start()
        yield server
    finally:
        if server is not None:
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _signal(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process and to its children, which PostgreSQL has some of."""
    with contextlib.suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        for process in (first, *first.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)


def _find(program: str) -> str | None:
    folders = [str(x) for pattern in _FOLDERS for x in sorted(Path("/").glob(pattern[1:]))]
    return shutil.which(program, path=os.pathsep.join([*folders, os.environ.get("PATH", "")]))


def _program(name: str) -> str:
    found = _find(name)
    assert found is not None, f"{name} is not installed"
    return found


def _ordinary_user() -> dict[str, Any]:
    """Give the arguments that let a subprocess of root run as nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _owner() -> dict[str, int]:
    ordinary = _ordinary_user()
    return {"user": int(str(ordinary.get("user", os.geteuid())))}
