# SPDX-License-Identifier: LGPL-2.1-or-later
"""A daemon's own bus, asked with gdbus."""

import ast
import json
import os
import re
import shutil
import subprocess

import harness
import tap

NAME = "org.virtcpu.Daemon1"
PATH = "/org/virtcpu/Daemon1"
NOBODY = 65534


def require_tools():
    for tool, package in (("gdbus", "libglib2.0-bin"), ("dbus-daemon", "dbus")):
        if not shutil.which(tool):
            tap.skip_all(f"no {tool} here ({package})")


def address(daemon):
    return f"unix:path={daemon.root}/run/bus"


def text_of(value):
    """value as GVariant text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
    if isinstance(value, list):
        return "[" + ", ".join(map(text_of, value)) + "]"
    return str(value)


def options_of(options):
    members = (f"'{name.replace('_', '-')}': <{text_of(value)}>" for name, value in options.items())
    return "@a{sv} {" + ", ".join(members) + "}"


def command(daemon, method, *arguments):
    """The words of a gdbus that calls method (of our interface when it names none)."""
    return ["gdbus", "call", "--address", address(daemon), "--dest", NAME, "--object-path", PATH,
            "--timeout", str(harness.PATIENCE), "--method", method if "." in method else f"{NAME}.{method}",
            *arguments]


def try_call(daemon, method, *arguments, user=None):
    """(exit status, output, errors) of a call with arguments as GVariant text."""
    done = subprocess.run(command(daemon, method, *arguments), stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=harness.PATIENCE, check=False, user=user,
                          extra_groups=[] if user is not None else None,
                          env={**os.environ, "LC_ALL": "C", "ASAN_OPTIONS": ""})
    return done.returncode, done.stdout.decode().strip(), done.stderr.decode().strip()


def call(daemon, method, user=None, **options):
    """The document that a method with options answers with."""
    code, out, err = try_call(daemon, method, options_of(options), user=user)
    if code != 0:
        raise AssertionError(f"{method} {options}: {err}")
    return json.loads(ast.literal_eval(out)[0])


def refused(daemon, method, user=None, **options):
    """(libvirt's code, text) of a call that has to fail with one of our errors."""
    code, out, err = try_call(daemon, method, options_of(options), user=user)
    found = re.search(r"org\.virtcpu\.Error\.Code(\d+): (.*)", err, re.S)
    if code == 0 or not found:
        raise AssertionError(f"{method} {options}: {out} {err}")
    return int(found.group(1)), found.group(2)
