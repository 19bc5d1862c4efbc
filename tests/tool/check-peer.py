#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""virtcpu decode against what libvirt says of 32 physical CPUs, byte for byte."""

import difflib
import os
import re
import sys

from tool import SHARED, Report, run, skip_all

TOOL = sys.argv[1]
FOLDER = os.path.join(SHARED, "peer-data", "cpus")

# Expected answers were made with an older map than ours: (file, the reason that ours differs).
# A row whose answer is the same fails, so that none outlives its reason.
DIFFERENCES = {
    "EPYC-7601-32-Core-ibpb-host": "EPYC-v5 (QEMU 10.1) has the nested SVM features of this CPU",
    "Ryzen-9-3900X-12-Core-host": "EPYC-v5 (QEMU 10.1) gives this CPU the shortest list",
    "Ryzen-9-3900X-12-Core-guest": "the newer map knows the feature gmet, which this CPU has",
}


def path_of(name):
    return os.path.join(FOLDER, f"x86_64-cpuid-{name}")


def expected_of(name):
    with open(path_of(name) + ".xml", encoding="utf-8") as file:
        return re.sub(r"\A(<!--.*?-->\n)*", "", file.read(), flags=re.S)


def machines():
    """(name, what its JSON holds) of every machine."""
    with open(os.path.join(FOLDER, "index.tsv"), encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file.readlines()[1:]]


def questions(name, holds):
    """(answer's file, arguments) of every question about one machine."""
    replies = path_of(name) + ".json"
    models = ["--qemu-models", replies] if "guest answer needs" in holds else []
    yield f"{name}-host", ["--host", path_of(name) + ".xml"]
    yield f"{name}-guest", ["--guest", *models, path_of(name) + ".xml"]
    if holds != "no JSON":
        yield f"{name}-json", ["--guest", replies]


def fault_of(answer, args):
    status, output, errors = run(TOOL, "decode", "--arch", "x86_64", *args)
    expected = expected_of(answer)
    if status != 0:
        return errors
    if (output == expected) == (answer not in DIFFERENCES):
        return None
    if answer in DIFFERENCES:
        return f"no longer a difference: {DIFFERENCES[answer]}"
    return "\n".join(difflib.unified_diff(expected.splitlines(), output.splitlines(), lineterm=""))


def main():
    if not os.path.isdir(FOLDER):
        skip_all(f"no peers' answers in {FOLDER}")
    report = Report()
    for name, holds in machines():
        for answer, args in questions(name, holds):
            report.case(answer, fault_of(answer, args))
    report.finish()


main()
