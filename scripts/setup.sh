#!/bin/sh
# Run setup_env.py with any Python that works: it finds the one that fits, or says how to get it.
# Usage: setup.sh [PYTHON]

script=$(dirname "$0")/setup_env.py
for python in "$1" python3 python python3.13 python3.12 python3.11 python3.10 \
    /usr/bin/python3 /usr/local/bin/python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3*/bin/python3
do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 6))' 2>/dev/null; then
        exec "$python" -E "$script" --python "$1"
    fi
done
if uv --version >/dev/null 2>&1; then
    exec uv run --no-project python -E "$script" --python "$1"
fi
cat >&2 <<'END'
setup: no Python at all was found.
  looked for  python3, python, python3.10 to python3.13, and uv
  looked in   the PATH, /usr, /usr/local, pyenv's versions
  get one     your system's package (python3), or pyenv, or uv
  next        make setup, or make setup PYTHON=/path/to/python3
END
exit 2
