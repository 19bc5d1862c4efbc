# SPDX-License-Identifier: LGPL-2.1-or-later
"""A virtcpud of one's own in a temporary folder, and virsh to talk to it."""

import glob
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

import tap

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import kvm  # noqa: E402

VIRTCPUD = os.environ.get("VIRTCPUD", "build/daemon/virtcpud")
LIBVIRT_SCHEMAS = "/usr/share/libvirt/schemas"
SYSTEM_PYTHON = "/usr/bin/python3"
QEMU = "/usr/bin/qemu-system-x86_64"
# Seconds that whatever is bound to come may take: how busy a machine is says nothing about the daemon.
PATIENCE = 120
# What is no leak of the daemon's, for a build that looks for leaks.
LEAKS = {"LSAN_OPTIONS": "print_suppressions=0:suppressions=" +
         os.path.join(os.path.dirname(os.path.abspath(__file__)), "leaks.supp")}
SANITIZER = re.compile(r"(ERROR: \w+Sanitizer|runtime error:|CRITICAL \*\*).*")


class Result:
    """What a virsh said."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


def wait_until(condition, what):
    """Poll what has no descriptor to wait on: other people's processes and files."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {PATIENCE} s still not: {what}")
        time.sleep(0.02)


class Daemon:
    """virtcpud --root in its own folder."""

    def __init__(self, parent=None):
        self.root = tempfile.mkdtemp(prefix="virtcpu-test.", dir=parent)
        self.socket = self.root + "/run/virtcpud-sock"
        self.log = self.root + "/virtcpud.log"
        self.process = None
        self.prefix = []  # words before each command: where it runs

    def start(self, *options, environment=None, **account):
        """Returns when the daemon serves. RuntimeError with its words when it does not come up. account:
        subprocess's words for who runs it."""
        ready, far_end = os.pipe()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, VIRTCPUD, "--root", self.root, "--ready-fd", str(far_end), *options],
                stderr=log, pass_fds=[far_end], env={**os.environ, **LEAKS, **(environment or {})}, **account)
        os.close(far_end)
        said = os.read(ready, 64)
        os.close(ready)
        if not said:  # it closed the descriptor by ending
            self.process.wait(PATIENCE)
        if self.process.poll() is not None:
            raise RuntimeError(self.log_text())
        return self

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def uri(self, read_only=False):
        return f"qemu+unix:///system?socket={self.socket}{'-ro' if read_only else ''}"

    def virsh_command(self, *args, read_only=False):
        return [*self.prefix, "virsh", "-q", "-k", "0", "-c", self.uri(read_only)] + \
            (["-r"] if read_only == "client" else []) + [str(a) for a in args]

    def try_virsh(self, *args, read_only=False, timeout=PATIENCE):
        """Run virsh; a Result whatever happens."""
        done = subprocess.run(self.virsh_command(*args, read_only=read_only),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                              env={**os.environ, "LC_ALL": "C", "ASAN_OPTIONS": ""}, check=False)
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def virsh(self, *args, **options):
        """Output of a virsh that has to succeed, without surrounding white space."""
        result = self.try_virsh(*args, **options)
        if result.code != 0:
            raise AssertionError(f"virsh {' '.join(map(str, args))}: {result.err.strip()}")
        return result.out.strip()

    def refused(self, *args, **options):
        """Error text of a virsh that has to fail."""
        result = self.try_virsh(*args, **options)
        if result.code == 0:
            raise AssertionError(f"virsh {' '.join(map(str, args))} succeeded: {result.out.strip()}")
        return result.err.strip()

    def file(self, text, name="input.xml"):
        path = os.path.join(self.root, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def tree(self, *args):
        return xml.fromstring(self.virsh(*args))

    def children(self):
        """Pids of QEMUs that write to a log in our folder."""
        return [int(pid) for pid in filter(str.isdigit, os.listdir("/proc"))
                if self.is_child(f"/proc/{pid}")]

    def is_child(self, process):
        try:
            with open(process + "/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            if b"qemu" not in words[0]:
                return False
            return os.readlink(process + "/fd/2").startswith(self.root + "/")
        except PermissionError:  # another account's, and we may not look into every process
            return any(word.startswith(b"guest=") for word in words) and self.knows(process)
        except OSError:  # it ended meanwhile
            return False

    def knows(self, process):
        """True of the daemon's own child, and of one in the status of a domain."""
        try:
            with open(process + "/status", encoding="ascii") as file:
                parent = re.search(r"^PPid:\s+(\d+)$", file.read(), re.M).group(1)
            if self.process is not None and parent == str(self.process.pid):
                return True
            pid = re.compile(rf'"pid": *{os.path.basename(process)}\b')
            return any(pid.search(open_text(path))
                       for path in glob.glob(self.root + "/run/qemu/*.json"))
        except OSError:  # the process, or a status, has gone
            return False

    def memory_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; the daemon has to end cleanly, and its log to be free of sanitizer reports."""
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        found = SANITIZER.search(self.log_text())
        if found:
            raise AssertionError("the daemon's log:\n" + self.log_text()[found.start():][:4000])
        tap.equal(code, 0)

    def clean_up(self):
        """End what was started here, and remove the folder."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        for pid in self.children():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.root, ignore_errors=True)


def require_tools():
    """End with a visible skip when this machine lacks what the suite drives."""
    if not shutil.which("virsh"):
        tap.skip_all("no virsh here (libvirt-clients)")
    if not os.path.exists(QEMU):
        tap.skip_all(f"no {QEMU} here (qemu-system-x86)")


def need_libvirt():
    """The module libvirt. A Python that lacks it gives way to the system's, for which distributions
    package it; without it there the program ends with a visible skip."""
    try:
        libvirt = importlib.import_module("libvirt")
        libvirt.registerErrorHandler(lambda *_: None, None)  # exceptions say it all
        return libvirt
    except ImportError:
        has_it = subprocess.run([SYSTEM_PYTHON, "-c", "import libvirt"], capture_output=True,
                                check=False) if os.path.exists(SYSTEM_PYTHON) else None
        if has_it is not None and has_it.returncode == 0 and sys.executable != SYSTEM_PYTHON:
            sys.stdout.flush()
            os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON] + sys.argv)
        tap.skip_all("no module libvirt here (python3-libvirt)")


def refused(code, function, *args):
    """The text of the error, with this code if it is not None, that a call of the module libvirt has
    to raise."""
    try:
        function(*args)
    except need_libvirt().libvirtError as error:
        if code is not None:
            tap.equal(error.get_error_code(), code)
        return str(error)
    raise AssertionError(f"{function}{args} was not refused")


def validate(document, schema):
    """Check against libvirt's own schema and, where there is one, ours."""
    validate_all([document], schema)


def validate_all(documents, schema):
    """The same of many, for which each schema is read once."""
    ours = os.path.join(os.environ.get("VIRTCPU_SCHEMA_DIR", "schemas"), schema[1])
    theirs = os.path.join(LIBVIRT_SCHEMAS, schema[0])
    if not shutil.which("xmllint"):
        raise tap.Skip("no xmllint here (libxml2-utils)")
    for path in filter(os.path.exists, (theirs, ours)):
        known = "".join(open_text(p) for p in (path, os.path.dirname(path) + "/basictypes.rng")
                        if os.path.exists(p))
        with tempfile.TemporaryDirectory() as folder:
            files = [os.path.join(folder, f"{number}.xml") for number in range(len(documents))]
            for file, document in zip(files, documents):
                with open(file, "w", encoding="utf-8") as out:
                    out.write(without_newer_words(document, known))
            done = subprocess.run(["xmllint", "--noout", "--relaxng", path, *files],
                                  capture_output=True, check=False)
        if done.returncode != 0:
            said = re.sub(r"^.* validates\n", "", done.stderr.decode(), flags=re.M)
            raise AssertionError(f"{path}: {said[:2000]}")


def open_text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def without_newer_words(document, schema):
    """document without what libvirt's schemas know only since a later release than this one."""
    if "blockers" not in schema:  # libvirt 10.2
        document = re.sub(r"\s*<blockers .*?</blockers>", "", document, flags=re.S)
    if "canonical" not in schema:  # libvirt 10.2
        document = re.sub(r" canonical='[^']*'", "", document)
    if "<value>aarch64</value>" in schema:  # it lists architectures, and later ones are missing
        document = re.sub(r"\s*<guest>.*?<arch name='([^']*)'>.*?</guest>",
                          lambda m: m.group(0) if f"<value>{m.group(1)}</value>" in schema else "",
                          document, flags=re.S)
    return document


def main(namespace):
    """Run the test_ functions of a program against one daemon that lives as long as they do."""
    require_tools()
    tests = [f for name, f in namespace.items() if name.startswith("test_")]
    daemon = Daemon()
    try:
        daemon.start()

        def daemon_ends_cleanly(served):
            served.stop()
        tap.run(tests, daemon, daemon_ends_cleanly)
    finally:
        daemon.clean_up()
