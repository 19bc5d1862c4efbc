#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""User-facing messages: whole sentences a translator can work with."""

import re

import house

CALL = re.compile(r"\bN?_\(\s*((?:\"(?:\\.|[^\"\\\n])*\"\s*)+)")
# "%s" alone hands on what was translated before.
UNTRANSLATED = re.compile(r'\bvirtcpu_error_set(?:_errno)?\s*\(\s*[^,]+,\s*[^,]+,\s*"(?!%s")')
SOURCE_FOLDERS = ("conf/", "drivers/", "daemon/", "tools/")


def check(root, files):
    for path in files:
        if not (path.endswith(".c") and path.startswith(SOURCE_FOLDERS)):
            continue
        code = house.blank_comments(house.read(root, path))
        for match in CALL.finditer(code):
            text = "".join(re.findall(r'"((?:\\.|[^"\\\n])*)"', match.group(1)))
            line = house.line_of(code, match.start())
            if not code.startswith((")", ","), match.end()):
                yield (path, line, "a message is one literal: what a macro adds is not in the "
                       "catalogue, so no translation is ever found")
            if text.endswith(": ") or text.endswith("\\n"):
                yield (path, line, "a message ends with its last word: pieces glued on later cannot "
                       "be put in another language's order")
            if re.match(r"(internal error|XML error|unsupported configuration|operation failed): ",
                        text):
                yield path, line, "the class prefix is added where the error leaves the process"
        for match in UNTRANSLATED.finditer(code):
            yield (path, house.line_of(code, match.start()),
                   "an error message needs _(), or it stays English for everyone")


SAMPLES = [
    ({"conf/a.c": 'virtcpu_error_set(error, CODE, _("No door \'%s\'"), name);\n'}, []),
    ({"conf/a.c": 'virtcpu_error_set(error, CODE, "No door");\n'}, ["needs _()"]),
    ({"conf/a.c": 'virtcpu_error_set(error, CODE, "%s", text);\n'}, []),
    ({"conf/a.c": 'x(_("No " DOOR " here"));\n'}, ["one literal"]),
    ({"conf/a.c": 'x(_("No door: "));\n'}, ["last word"]),
    ({"conf/a.c": 'x(_("internal error: no door"));\n'}, ["class prefix"]),
]

if __name__ == "__main__":
    house.main(check, SAMPLES)
