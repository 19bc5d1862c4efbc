#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules that a single line of text can break."""

import re

import house

LICENCE = "SPDX-License-Identifier: LGPL-2.1-or-later"
SOURCE = (".c", ".h", ".py", ".x")
# The sample texts below have to break the rules, and the clock that jumps is the wall's.
EXEMPT = ("tests/style/check-text.py", "tests/daemon/clock-jump.c")

C = (".c", ".h")
# Endings of the files, whether comments and strings count too, what must not be there, why.
LINE_RULES = [
    (C, False, re.compile(r"\bgoto\b"),
     "goto: leave through g_autoptr and return, so that no path can forget what to free"),
    (C, False, re.compile(r"\b(?:strcpy|strcat|sprintf|vsprintf|gets|alloca|system)\s*\("),
     "a call without bounds (or a shell): use GLib's counterpart"),
    (C, False, re.compile(r"\b(?:g_get_real_time|gettimeofday|CLOCK_REALTIME|time\s*\(\s*NULL\s*\))"),
     "the wall clock may jump: measure with g_get_monotonic_time(); only stamps for people tell the date"),
    (C, True, re.compile(r"\b(?:TODO|FIXME|XXX)\b"),
     "an unfinished mark: finish it, or refuse the case with an error a user can act on"),
    (C + (".py", ".build", ".rng", ".sh"), True, re.compile(r"\t"),
     "tab: indent with spaces, so that the text looks the same in every viewer"),
    (("",), True, re.compile(r"[ \t]+$"),
     "white space at the end of the line makes later diffs noisy"),
    (("",), True, re.compile(r"(?<![\w.])/(?:home|Users|root|work)/\w"),
     "a path of one developer's machine means nothing on another"),
]
# Text that is generated or carried over as it is: licences, catalogues, golden data.
UNRULED = re.compile(r"^(LICENSE$|po/.*\.po$|tests/data/|tests/fuzz/corpus/|drivers/cpu/map/)")


def check(root, files):
    for path in files:
        if path in EXEMPT or UNRULED.match(path):
            continue
        text = house.read(root, path)
        head = text.split("\n", 2)[:2]
        if path.endswith(SOURCE) and not any(LICENCE in line for line in head):
            yield path, 1, f"the first line must say {LICENCE}, so that its terms travel with it"
        code = house.blank_strings(house.blank_comments(text)) if path.endswith(C) else text
        for endings, everywhere, pattern, message in LINE_RULES:
            if not path.endswith(endings):
                continue
            for number, line in enumerate((text if everywhere else code).split("\n"), 1):
                if pattern.search(line):
                    yield path, number, message


HEAD = f"/* {LICENCE} */\n"
SAMPLES = [
    ({"a.c": HEAD + "int a;\n/* goto is not used */\n", "b.md": "fine\n"}, []),
    ({"a.c": "int a;\n"}, ["SPDX"]),
    ({"a.py": "#!/usr/bin/env python3\nimport os\n"}, ["SPDX"]),
    ({"a.c": HEAD + "goto out;\n"}, ["goto"]),
    ({"a.c": HEAD + "\tint a;\n"}, ["tab"]),
    ({"a.md": "x \n"}, ["white space"]),
    ({"a.md": "see /home/me/x\n"}, ["one developer"]),
    ({"a.c": HEAD + "/* TODO */\n"}, ["unfinished"]),
    ({"a.c": HEAD + "strcpy(a, b);\n"}, ["without bounds"]),
    ({"a.c": HEAD + "now = time(NULL);\n"}, ["wall clock"]),
]

if __name__ == "__main__":
    house.main(check, SAMPLES)
