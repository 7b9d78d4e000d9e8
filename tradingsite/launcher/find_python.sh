# Sourced by ./start and ./test from the checkout. Sets PYTHON to a Python 3.12 or 3.13 that really runs:
# pyenv's shims, for one, exist for versions that are not switched on and then fail.

fits() { # program, version or its beginning ("3.12", "3.12.4"), empty for any that is supported
    [ -x "$1" ] && "$1" - "$2" >/dev/null 2>&1 <<'END'
import sys
version = ".".join(map(str, sys.version_info[:3]))
wanted = sys.argv[1]
sys.exit(not ((3, 12) <= sys.version_info[:2] < (3, 14) and (version + ".").startswith(wanted + "." if wanted else "")))
END
}

find_python() { # version or its beginning, empty for any; prints the program
    if fits .venv/bin/python "$1"; then echo .venv/bin/python; return 0; fi # the one chosen before
    rest="${PATH:-}:"
    for name in python3.12 python3.13 python3 python; do
        folders="$rest"
        while [ -n "$folders" ]; do
            folder="${folders%%:*}"
            folders="${folders#*:}"
            if [ -n "$folder" ] && fits "$folder/$name" "$1"; then echo "$folder/$name"; return 0; fi
        done
    done
    for program in "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/3.1[23].*/bin/python; do
        if fits "$program" "$1"; then echo "$program"; return 0; fi
    done
    return 1
}

wanted_python() { # prints the version that .python-version asks for, nothing when it does not exist
    [ -f .python-version ] || return 0
    sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' .python-version | head -n 1
}

wanted="$(wanted_python)"
case "$wanted" in
    "" | 3.12 | 3.12.* | 3.13 | 3.13.*) ;;
    *) echo "error: .python-version must name Python 3.12 or 3.13, was '$wanted'" >&2; exit 1 ;;
esac
if ! PYTHON="$(find_python "$wanted")"; then
    if [ -n "$wanted" ]; then
        echo "error: Python $wanted, named in .python-version, was not found: install it or delete that file" >&2
    else
        echo "error: Python 3.12 or 3.13 must be installed; found neither on the PATH nor in ${PYENV_ROOT:-~/.pyenv}" >&2
    fi
    exit 1
fi
