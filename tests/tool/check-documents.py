#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The man page and the shell completion name every verb and every option, and no other."""

import os
import re
import shutil
import subprocess
import sys

from tool import Report, run

TOOL, SOURCE = sys.argv[1:3]
OPTION = re.compile(r"--[a-z][a-z-]*")


# What stands before the verb.
GLOBAL = {"--connect", "--root", "--version", "--help"}


def verbs():
    listed = run(TOOL, "--help")[1].split("Verbs:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines()]


def options_of(verb):
    return set(OPTION.findall(run(TOOL, verb, "--help")[1])) - {"--help"}


def synopses():
    """{verb: options} of the man page."""
    with open(os.path.join(SOURCE, "docs", "virtcpu.1"), encoding="utf-8") as file:
        text = file.read().replace("\\-", "-")
    synopsis = text.split(".SH SYNOPSIS\n")[1].split(".SH ")[0]
    found = {}
    for block in synopsis.split(".br\n"):
        verb = re.match(r"\.B virtcpu ([a-z][a-z-]*)$", block, flags=re.M)
        if verb:
            found[verb.group(1)] = set(OPTION.findall(block))
    return found


def described():
    """Options that the man page tells about."""
    with open(os.path.join(SOURCE, "docs", "virtcpu.1"), encoding="utf-8") as file:
        text = file.read().replace("\\-", "-")
    section = text.split(".SH OPTIONS\n")[1].split(".SH ")[0]
    return {option for head in re.findall(r"^\.TP\n(.*)$", section, flags=re.M)
            for option in OPTION.findall(head)}


def complete(*words):
    """What the completion offers for the last of words."""
    script = os.path.join(SOURCE, "tools", "completion", "virtcpu")
    code = (f'source "{script}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _virtcpu; '
            'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", code, "bash", "virtcpu", *words], stdout=subprocess.PIPE,
                          encoding="utf-8", check=True,
                          env={**os.environ, "PATH": f"{os.path.dirname(TOOL)}:{os.environ['PATH']}"})
    return set(done.stdout.split())


def main():
    report = Report()
    documented = synopses()
    every = set(OPTION.findall(run(TOOL, "--help")[1])).union(*map(options_of, verbs())) | {"--help"}
    same = [("man page verbs", set(documented), set(verbs())),
            ("man page options", described(), every),
            ("options before a verb", set(OPTION.findall(
                run(TOOL, "--help")[1].split("Verbs:")[0])) - {"--help"}, GLOBAL - {"--help"})]
    if shutil.which("bash"):
        same.append(("completion verbs", complete("") - GLOBAL - {"-c"}, set(verbs())))
        same.append(("completion of what names a daemon", complete("-"), GLOBAL | {"-c"}))
        same.append(("completion after a daemon", complete("-c", "qemu:///x", "--root", "x", "ver"),
                     {"verify"}))
        same.append(("completion of its verb", complete("--root", "x", "models", "-") - {"--help"},
                     options_of("models")))
        same.append(("completion models", complete("baseline", "--models", "Penryn,EPYC-Milan-v"),
                     {f"Penryn,EPYC-Milan-v{n}" for n in (1, 2, 3)}))
    for verb in verbs():
        same.append((f"man page {verb}", documented.get(verb), options_of(verb)))
        if shutil.which("bash"):
            same.append((f"completion {verb}", complete(verb, "-") - {"--help"}, options_of(verb)))
    for name, got, expected in same:
        report.case(name, None if got == expected else f"{got} is not {expected}")
    report.finish()


main()
