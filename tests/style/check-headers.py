#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every prototype of a header has a comment above it, and what the comment names exists."""

import re

import house

PROTOTYPE = re.compile(
    r"^(?!typedef\b|static\b|return\b|else\b|#)"  # a declaration at the left margin
    r"[A-Za-z_][\w \t\n*]*?[\s*](?P<name>\w+)\s*\((?P<params>[^;{]*)\)\s*"
    r"(?:G_GNUC_\w+(?:\s*\([^)]*\))?\s*)*;", re.M)
COMMENT_BEFORE = re.compile(r"/\*(?:(?!\*/).)*\*/\s*\Z", re.S)
MACROS = {"G_DEFINE_AUTOPTR_CLEANUP_FUNC", "G_STATIC_ASSERT", "G_BEGIN_DECLS"}


def parameters(text):
    """Names declared in a parameter list, those of function pointers too."""
    return set(re.findall(r"(\w+)\s*(?:\[[^\]]*\])?\s*(?=,|$|\))", text))


def check(root, files):
    for path in files:
        if not path.endswith(".h"):
            continue
        text = house.read(root, path)
        code = house.blank_strings(house.blank_comments(text))
        for match in PROTOTYPE.finditer(code):
            name = match.group("name")
            if name in MACROS or name.startswith("G_"):
                continue
            line = house.line_of(code, match.start("name"))
            comment = COMMENT_BEFORE.search(text[:match.start()])
            if not comment or text[comment.start():match.start()].count("\n\n"):
                yield (path, line, f"{name} has no comment directly above it: a header is the contract "
                       "between two rooms, so it says purpose, ownership, errors and thread")
                continue
            for word in re.findall(r"(?<![\w.])@(\w+)", comment.group(0)):
                if word not in parameters(match.group("params")):
                    yield (path, line, f"the comment of {name} speaks of @{word}, which it does not "
                           "take: a contract that names what is not there misleads")


SAMPLES = [
    ({"a.h": "/* Opens @door. */\nint door_open(Door *door, GError **error);\n"}, []),
    ({"a.h": "int door_open(Door *door);\n"}, ["door_open has no comment"]),
    ({"a.h": "/* About doors. */\n\nint door_open(Door *door);\n"}, ["door_open has no comment"]),
    ({"a.h": "/* Opens @window. */\nint door_open(Door *door);\n"}, ["@window"]),
    ({"a.h": "/* Ok. */\nvoid a(void);\nDoor *\nb(int c,\n  int d) G_GNUC_WARN_UNUSED_RESULT;\n"},
     ["b has no comment"]),
    ({"a.h": "/* @x, @y. */\nvoid a(const guint8 x[16], char **y) G_GNUC_PRINTF(1, 2);\n"}, []),
    ({"a.h": "typedef void (*Func)(int a);\n"
             "typedef struct {\n    int (*call)(int b);\n} Table;\n"
             "G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)\n"
             "/* Two. */\nvoid two(void);\n"}, []),
]

if __name__ == "__main__":
    house.main(check, SAMPLES)
