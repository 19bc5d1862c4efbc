#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Damage the map's files at random: a generator either makes a table or says what is wrong.

usage: fuzz-map.py MAP-FOLDER ROUNDS [SEED]

The map is trusted, but written by hand: a slip must be named, never end in a traceback or a table
made of nonsense without a word.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile

SECONDS_PER_RUN = 120
WORDS = [b"", b"'", b"<", b">", b"&", b"-", b"0x", b"99999999999999999999", b"name='x'", b"base='x'",
         b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"\x00", b"\xff\xfe"]


def damage(text, rng):
    """One to four small changes to @text."""
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(text) + 1)
        length = rng.choice([0, 1, 1, 8, 200])
        with_what = rng.choice([rng.choice(WORDS), text[rng.randrange(len(text) + 1):][:40]])
        text = text[:at] + with_what + text[at + length:]
        if not text:
            break
    return text if rng.random() < 0.9 else text[:rng.randrange(len(text) + 1)]


def run(generator, source, folder):
    """What is wrong with how @generator took @source, or None."""
    output = os.path.join(folder, "table.h")
    done = subprocess.run([sys.executable, generator, source, output], check=False,
                          capture_output=True, text=True, timeout=SECONDS_PER_RUN)
    if "Traceback" in done.stderr:
        return done.stderr
    if done.returncode == 0 and not os.path.exists(output):
        return "no table and no error"
    if done.returncode != 0 and not done.stderr.strip():
        return "failed without a word"
    if os.path.exists(output):
        os.unlink(output)
    return None


def one_round(folder, files, rng):
    """Damage one file of a copy of the map; returns (file, problem or None)."""
    copy = os.path.join(folder, "map")
    shutil.copytree(os.path.dirname(files[0]), copy)
    victim = os.path.join(copy, os.path.basename(rng.choice(files)))
    with open(victim, "rb") as file:
        text = damage(file.read(), rng)
    with open(victim, "wb") as file:
        file.write(text)
    chips = os.path.basename(victim) in ("arm.xml", "ppc64.xml")
    generator = os.path.join(copy, "generate-chips.py" if chips else "generate.py")
    problem = run(generator, victim if chips else copy, folder)
    shutil.rmtree(copy)
    return os.path.basename(victim), problem


def main(arguments):
    if len(arguments) not in (3, 4):
        sys.exit(__doc__)
    seed = int(arguments[3]) if len(arguments) == 4 else 1
    rng = random.Random(seed)
    names = sorted(name for name in os.listdir(arguments[1]) if name.endswith(".xml"))
    files = [os.path.join(arguments[1], name) for name in names]
    for number in range(int(arguments[2])):
        with tempfile.TemporaryDirectory() as folder:
            victim, problem = one_round(folder, files, rng)
        if problem:
            sys.exit(f"round {number} of seed {seed}, {victim}: {problem}")
    print(f"{arguments[2]} damaged maps, seed {seed}: each became a table or an error")


if __name__ == "__main__":
    main(sys.argv)
