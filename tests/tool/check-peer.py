#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""virtcpu against what libvirt answers: decode of 32 physical CPUs, compare, baseline and update, byte
for byte."""

import difflib
import os
import re
import sys

from tool import SHARED, Report, run, skip_all

TOOL = sys.argv[1]
FOLDER = os.path.join(SHARED, "peer-data", "cpus")
CASES = os.path.join(SHARED, "peer-data", "compare-baseline")

# How a baseline case is asked, and what its answer's file is called.
BASELINE_FLAGS = {
    "0": ([], "result"),
    "baseline_cpu_expand_features": (["--features"], "expanded"),
    "baseline_cpu_migratable": (["--migratable"], "migratable"),
}
COMPARE_STATUS = {"identical": 0, "superset": 0, "incompatible": 1, "error": 2}

# Expected answers were made with an older map than ours: (file, the reason that ours differs).
# A row whose answer is the same fails, so that none outlives its reason.
DIFFERENCES = {
    "EPYC-7601-32-Core-ibpb-host": "EPYC-v5 (QEMU 10.1) has the nested SVM features of this CPU",
    "Ryzen-9-3900X-12-Core-host": "EPYC-v5 (QEMU 10.1) gives this CPU the shortest list",
    "Ryzen-9-3900X-12-Core-guest": "the newer map knows the feature gmet, which this CPU has",
}


def path_of(name):
    return os.path.join(FOLDER, f"x86_64-cpuid-{name}")


def expected_of(path):
    with open(path, encoding="utf-8") as file:
        return re.sub(r"\A(<!--.*?-->\n)*", "", file.read(), flags=re.S)


def rows(folder, name):
    """The cells of every row of a table, without its heading and comments."""
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file.readlines()[1:]
                if not line.startswith("#")]


def questions(name, holds):
    """(answer's file, arguments) of every question about one machine."""
    replies = path_of(name) + ".json"
    models = ["--qemu-models", replies] if "guest answer needs" in holds else []
    yield f"{name}-host", ["--host", path_of(name) + ".xml"]
    yield f"{name}-guest", ["--guest", *models, path_of(name) + ".xml"]
    if holds != "no JSON":
        yield f"{name}-json", ["--guest", replies]


def decode_fault(answer, args):
    status, output, errors = run(TOOL, "decode", "--arch", "x86_64", *args)
    expected = expected_of(path_of(answer) + ".xml")
    if status != 0:
        return errors
    if (output == expected) == (answer not in DIFFERENCES):
        return None
    if answer in DIFFERENCES:
        return f"no longer a difference: {DIFFERENCES[answer]}"
    return difference(expected, output)


def difference(expected, output):
    return "\n".join(difflib.unified_diff(expected.splitlines(), output.splitlines(), lineterm=""))


def case_file(*parts):
    return os.path.join(CASES, "x86_64-" + "-".join(parts) + ".xml")


def compare_fault(host, cpu, expected):
    status, output, errors = run(TOOL, "compare", "--host", case_file(host), case_file(cpu))
    word = output.split()[0] if output else "error"
    if (status, word) == (COMPARE_STATUS[expected], expected):
        return None
    return f"exit status {status}: {output}{errors}"


def baseline_fault(name, flags, expected):
    options, suffix = BASELINE_FLAGS[flags]
    status, output, errors = run(TOOL, "baseline", *options, case_file("baseline", name))
    if expected == "-1":
        return None if status == 2 and errors else f"exit status {status}: {output}"
    answer = expected_of(case_file("baseline", name, suffix))
    return None if output == answer else errors + difference(answer, output)


def update_fault(host, cpu):
    status, output, errors = run(TOOL, "update", "--host", case_file(host), case_file(cpu))
    # libvirt since 10.1 writes clusters='1' where nobody asked for clusters; the older libvirt of
    # Debian 12, whose schema lacks the attribute, does not, and nor do we
    answer = expected_of(os.path.join(CASES, f"x86_64-{host}+{cpu}.xml"))
    answer = answer.replace(" clusters='1'", "")
    return None if status == 0 and output == answer else errors + difference(answer, output)


FAULTS = {
    "compare": compare_fault,
    "baseline": baseline_fault,
    "update": lambda host, cpu, _: update_fault(host, cpu),
    "update_only": update_fault,
}


def main():
    if not os.path.isdir(FOLDER):
        skip_all(f"no peers' answers in {FOLDER}")
    report = Report()
    for name, holds in rows(FOLDER, "index.tsv"):
        for answer, args in questions(name, holds):
            report.case(answer, decode_fault(answer, args))
    for operation, arch, *arguments in rows(CASES, "cases.tsv"):
        if arch == "x86_64" and operation in FAULTS:
            report.case(" ".join([operation, *arguments]), FAULTS[operation](*arguments))
    report.finish()


main()
