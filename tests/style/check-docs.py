#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Documents and lists match what is there: links lead somewhere, every test is run, every key of the
configuration is explained."""

import os
import re

import house

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# A path of this project in `code`: one of its folders, a slash, and no placeholder.
PATH = re.compile(r"`((?:conf|drivers|daemon|tools|schemas|tests|docs|po)/[\w./-]+)`")
ROWS = "tests/unit/meson.build"
SETTINGS = "daemon/daemon-config.c"
SETTING = re.compile(r"FIELD\((\w+)\)")
MANUALS = ("daemon/virtcpud.conf", "docs/virtcpud.8")


def check_documents(root, files):
    for path in files:
        if not path.endswith(".md"):
            continue
        text = house.read(root, path)
        for match in LINK.finditer(text):
            target = match.group(1).split("#")[0]
            if not target or re.match(r"\w+:", target):
                continue
            if not os.path.exists(os.path.join(root, os.path.dirname(path), target)):
                yield path, house.line_of(text, match.start()), f"the link to {target} leads nowhere"
        for match in PATH.finditer(text):
            if not os.path.exists(os.path.join(root, match.group(1))):
                yield (path, house.line_of(text, match.start()),
                       f"{match.group(1)} is not there (any more); a document that is wrong is worse "
                       "than none")


def check_settings(root, files):
    """Each key of virtcpud.conf, in what explains them."""
    text = house.read(root, SETTINGS) if SETTINGS in files else ""
    for manual in filter(files.__contains__, MANUALS):
        explained = set(re.findall(r"\w+", house.read(root, manual)))
        for match in SETTING.finditer(text):
            if match.group(1) not in explained:
                yield manual, 1, f"the key {match.group(1)} of {SETTINGS} is not explained here"


def check(root, files):
    yield from check_documents(root, files)
    yield from check_settings(root, files)
    rows = house.read(root, ROWS) if ROWS in files else ""
    for path in files:
        match = re.fullmatch(r"tests/unit/test-([\w-]+)\.c", path)
        if match and f"'{match.group(1)}'" not in rows:
            yield path, 1, f"no row in {ROWS} runs this test"


SAMPLES = [
    ({"README.md": "[a](docs/a.md) `docs/a.md` [w](https://x.org/)\n", "docs/a.md": "[r](../README.md)\n"},
     []),
    ({"README.md": "[a](docs/b.md)\n"}, ["leads nowhere"]),
    ({"README.md": "see `conf/gone.c`\n"}, ["is not there"]),
    ({"tests/unit/test-a.c": "", "tests/unit/test-b.c": "", ROWS: "['a', conf_dep],\n"},
     ["test-b.c:1"]),
    ({SETTINGS: "FIELD(a_b) FIELD(c)", MANUALS[0]: "#a_b = 1\n#c = 2\n", MANUALS[1]: ".B a_b\n"},
     ["key c"]),
]

if __name__ == "__main__":
    house.main(check, SAMPLES)
