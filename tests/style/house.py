# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the style checkers share: which files to read, and how to say what is wrong.

A checker is a function check(root, files) that yields (path, line, message). Called with --self-test
it must instead find every fault planted in its own samples, so that no checker can pass by being
blind.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED_FOLDERS = re.compile(r"^(build|\.git$|\.cache$|__pycache__$)")


def project_files(root):
    """Paths relative to root of everything that is or would be committed, sorted."""
    listed = shutil.which("git") and subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if listed and listed.returncode == 0:
        paths = [p for p in listed.stdout.decode().split("\0") if p]
    else:  # no git, or a source archive
        paths = []
        for folder, subfolders, names in os.walk(root):
            subfolders[:] = [s for s in subfolders if not SKIPPED_FOLDERS.match(s)]
            paths += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    return sorted(p for p in set(paths) if os.path.isfile(os.path.join(root, p)))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def blank_comments(text):
    """C text with comments blanked, line numbers kept; strings stay."""
    def blank(match):
        token = match.group(0)
        return re.sub(r"[^\n]", " ", token) if token.startswith("/") else token
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text,
                  flags=re.S)


def blank_strings(text):
    """C text with the inside of string literals blanked, line numbers kept."""
    return re.sub(r'"((?:\\.|[^"\\\n])*)"', lambda m: '"' + " " * len(m.group(1)) + '"', text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def self_test(check, samples):
    """samples: (files as {path: text}, words each of which some fault must contain; none: clean)."""
    failures = 0
    for number, (sources, expected) in enumerate(samples):
        with tempfile.TemporaryDirectory() as root:
            for path, text in sources.items():
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            faults = [f"{p}:{l}: {m}" for p, l, m in check(root, project_files(root))]
        missed = [word for word in expected if not any(word in fault for fault in faults)]
        if missed or len(faults) != len(expected):
            failures += 1
            print(f"sample {number}: expected {expected}, got {faults}")
    return failures


def main(check, samples):
    """Entry of every checker: ROOT, or --self-test."""
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(1 if self_test(check, samples) else 0)
    root = sys.argv[1]
    faults = list(check(root, project_files(root)))
    for path, line, message in faults:
        print(f"{path}:{line}: {message}")
    sys.exit(1 if faults else 0)
