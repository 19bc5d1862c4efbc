#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prove the x86 map against QEMU: it knows every model and feature bit that QEMU has, and every
versioned model is the same CPU in both.

usage: check-map-qemu.py DUMP DIFFERENCES CACHE [--list]

DUMP prints the map (dump-x86-map.c). DIFFERENCES is the table of known differences with their
reasons. CACHE is where a QEMU 10.0 is unpacked once when it is not installed. Each model is asked
by static expansion under TCG, once as it is and once with vmx=on, as QEMU hides what VMX can do
without it. --list prints the differences that no row explains as rows to complete.
Output is TAP: one case a version of QEMU, one for rows of the table that explain nothing.
"""

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys

VERSIONS = ("7.2", "10.0")
VERSIONED = re.compile(r"-v\d+$")
QEMU_TIMEOUT = 120  # seconds; the answers take well under one
INSTALL_TIMEOUT = 900


class Map:
    """The map as DUMP tells it."""

    def __init__(self, text):
        self.names = {}  # any spelling -> libvirt's
        self.models = {}  # name -> (vendor, signatures, features)
        for line in text.splitlines():
            kind, name, *cells = line.split("\t")
            if kind == "feature":
                self.names.update((spelling, name) for spelling in cells[0].split())
            else:
                vendor, signatures, features = cells
                self.models[name] = (
                    vendor,
                    [tuple(map(int, one.split(":"))) for one in signatures.split()],
                    set(features.split()),
                )


class Row:
    """One known difference."""

    def __init__(self, line):
        self.version, self.models, self.what, self.reason = line.split("\t")
        if not self.reason:
            raise ValueError(f"a difference without a reason: {line}")
        self.used = False

    def explains(self, version, model, what):
        return (
            fnmatch.fnmatchcase(version, self.version)
            and any(fnmatch.fnmatchcase(model, glob) for glob in self.models.split())
            and any(fnmatch.fnmatchcase(what, glob) for glob in self.what.split())
        )


def read_rows(path):
    with open(path, encoding="utf-8") as table:
        lines = [line.rstrip("\n") for line in table if not line.startswith("#")]
    return [Row(line) for line in lines[1:]]


def converse(binary, commands):
    """What @binary answers to @commands (name, arguments), in their order."""
    words = [{"execute": "qmp_capabilities"}]
    words += [{"execute": name, "arguments": arguments} for name, arguments in commands]
    words += [{"execute": "quit"}]
    done = subprocess.run(
        [binary, "-accel", "tcg", "-machine", "none", "-nodefaults", "-display", "none", "-S", "-qmp", "stdio"],
        input="".join(json.dumps(word) + "\n" for word in words),
        stdout=subprocess.PIPE, text=True, timeout=QEMU_TIMEOUT, check=True,
    )
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    replies = [reply for reply in replies if "return" in reply or "error" in reply]
    return replies[1:-1]


def expansion(name, props):
    model = {"name": name, "props": props}
    return ("query-cpu-model-expansion", {"type": "static", "model": model})


def join_answers(plain, with_vmx):
    """@plain with the VMX capabilities of @with_vmx."""
    return plain | {name: value for name, value in with_vmx.items() if name.startswith("vmx-")}


def ask_names(binary):
    return sorted(entry["name"] for entry in converse(binary, [("query-cpu-definitions", {})])[0]["return"])


def ask_models(binary, names):
    """{name: properties} of each of @names."""
    questions = []
    for name in names:
        questions.append(expansion(name, {}))
        questions.append(expansion(name, {"vmx": True}))
    answers = [answer["return"]["model"]["props"] for answer in converse(binary, questions)]
    return {name: join_answers(*answers[2 * n:2 * n + 2]) for n, name in enumerate(names)}


def model_differences(props, the_map, name):
    """Yield what tells QEMU's model from the map's."""
    vendor, signatures, features = the_map.models[name]
    if props["vendor"] != vendor:
        yield "vendor"
    family, model, stepping = props["family"], props["model"], props["stepping"]
    if not any(f == family and m == model and mask >> stepping & 1 for f, m, mask in signatures):
        yield "signature"
    has = {the_map.names.get(name, name) for name, value in props.items() if value is True}
    yield from (f"+{feature}" for feature in sorted(has - features))
    yield from (f"-{feature}" for feature in sorted(features - has))


def all_differences(binary, the_map):
    """(versioned models asked, [(model, what differs)]) of a QEMU and the map."""
    names = ask_names(binary)
    found = [(name, "unknown") for name in names if name not in the_map.models]
    everything = ask_models(binary, ["max"])["max"]
    found += [("max", f"property:{name}") for name, value in sorted(everything.items())
              if isinstance(value, bool) and name not in the_map.names]
    answers = ask_models(binary, [name for name in names
                                  if VERSIONED.search(name) and name in the_map.models])
    for name, props in answers.items():
        found += [(name, what) for what in model_differences(props, the_map, name)]
    return len(answers), found


def check_version(version, binary, the_map, rows):
    """(models asked, differences that no row explains)."""
    asked, found = all_differences(binary, the_map)
    unexplained = []
    for name, what in found:
        matching = [row for row in rows if row.explains(version, name, what)]
        for row in matching:
            row.used = True
        if not matching:
            unexplained.append((version, name, what))
    return asked, unexplained


def version_of(binary):
    said = subprocess.run([binary, "--version"], stdout=subprocess.PIPE, text=True, timeout=QEMU_TIMEOUT, check=False)
    found = re.search(r"version (\d+\.\d+)\.", said.stdout)
    return found.group(1) if found else None


def unpack_qemu10(cache):
    """The QEMU 10.0 below @cache, unpacked there first if need be; None when it cannot be had."""
    directory = os.path.join(cache, "qemu-10")
    installer = os.path.join(os.environ.get("VIRTCPU_TEST_SHARED", ""), "peers", "install-qemu10")
    binary = os.path.join(directory, "qemu-system-x86_64")
    if not os.access(binary, os.X_OK) and os.access(installer, os.X_OK):
        subprocess.run([installer, directory], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       timeout=INSTALL_TIMEOUT, check=False)
    return binary if os.access(binary, os.X_OK) else None


def find_binaries(cache):
    """{version: binary} of those to be had."""
    candidates = [
        shutil.which("qemu-system-x86_64"),
        os.environ.get("VIRTCPU_TEST_QEMU10") or unpack_qemu10(cache),
    ]
    return {version_of(binary): binary for binary in candidates if binary}


def main(arguments):
    if len(arguments) not in (4, 5):
        sys.exit(__doc__)
    dump, table, cache = arguments[1:4]
    the_map = Map(subprocess.run([dump], stdout=subprocess.PIPE, text=True, check=True).stdout)
    rows = read_rows(table)
    binaries = find_binaries(cache)
    print(f"1..{len(VERSIONS) + 1}")
    for number, version in enumerate(VERSIONS, 1):
        if version not in binaries:
            print(f"ok {number} - QEMU {version} # SKIP no QEMU {version} to be had here")
            continue
        asked, unexplained = check_version(version, binaries[version], the_map, rows)
        for one in unexplained:
            print(("{}\t{}\t{}\t" if "--list" in arguments else "# unexplained: {} {} {}").format(*one))
        verdict = "not ok" if unexplained or not asked else "ok"
        print(f"{verdict} {number} - QEMU {version}: {asked} models")
    stale = [row for row in rows if not row.used]
    for row in stale:
        print(f"# explains nothing: {row.version} {row.models} {row.what}")
    if any(version not in binaries for version in VERSIONS):
        print(f"ok {len(VERSIONS) + 1} - rows in use # SKIP not every version was asked")
    else:
        print(f"{'not ok' if stale else 'ok'} {len(VERSIONS) + 1} - rows in use")


if __name__ == "__main__":
    main(sys.argv)
