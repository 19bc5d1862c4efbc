#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""po/POTFILES names exactly the files with translatable text, each once."""

import re

import house

LIST = "po/POTFILES"
MARKED = re.compile(r'\bN?_\(\s*"')
SOURCE_FOLDERS = ("conf/", "drivers/", "daemon/", "tools/")


def check(root, files):
    listed = []
    if LIST in files:
        lines = house.read(root, LIST).splitlines()
        listed = [line for line in lines if line and not line.startswith("#")]
    marked = [p for p in files if p.endswith(".c") and p.startswith(SOURCE_FOLDERS)
              and MARKED.search(house.blank_comments(house.read(root, p)))]
    for path in sorted(set(marked) - set(listed)):
        yield path, 1, f"has translatable text but no line in {LIST}: translators would not see it"
    for path in sorted(set(listed) - set(marked)):
        yield LIST, 1, f"{path} has no translatable text (any more); remove its line"
    for path in sorted(p for p in set(listed) if listed.count(p) > 1):
        yield LIST, 1, f"{path} is listed more than once"


SAMPLES = [
    ({"conf/a.c": 'x(_("Hello"));\n', LIST: "conf/a.c\n"}, []),
    ({"conf/a.c": 'x(_("Hello"));\n', LIST: ""}, ["no line in"]),
    ({"conf/a.c": "x(1);\n", LIST: "conf/a.c\n"}, ["remove its line"]),
    ({"conf/b.c": 'x(N_("B"));\n', LIST: "conf/b.c\nconf/b.c\n"}, ["more than once"]),
]

if __name__ == "__main__":
    house.main(check, SAMPLES)
