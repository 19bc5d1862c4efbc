#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The map's generators on small maps: one that is right, and one for each way to be wrong.

usage: test-map-generate.py GENERATOR CHIPS-GENERATOR
"""

import os
import subprocess
import sys
import tempfile
import unittest

GENERATOR = sys.argv.pop(1)
CHIPS_GENERATOR = sys.argv.pop(1)

INDEX = "<map arch='x86'>" + "".join(
    f"<include file='{part}.xml'/>" for part in ("vendors", "features", "models")) + "</map>"
VENDORS = "<vendors><vendor name='Intel' string='GenuineIntel'/></vendors>"
FEATURES = """<features><cpuid leaf='0x1' subleaf='0x0' register='edx'>
  <feature name='fpu' bit='0'/><feature name='vme' bit='1' qemu='v-me'/></cpuid>
  <msr index='0x10a'><feature name='rdctl-no' bit='0'/></msr></features>"""
MODELS = """<models><model name='old' vendor='Intel' decode='host guest'>
  <signature family='6' model='1' stepping='0-4'/><features>fpu</features><late>vme</late></model>
  <model name='old-v2' base='old' decode='host'><features late='old'>rdctl-no -fpu</features></model>
  </models>"""


CHIPS = """<chips arch='arm' register='midr' open='yes'><vendor name='ARM'/>
  <model name='a b' vendor='ARM' generation='9'><id value='0x41000010' mask='0xff00fff0'/>
  <legacy name='a_b'/></model>
  <model name='c' vendor='ARM'><id value='0x41000020' mask='0xff00fff0'/></model>
  <feature name='sve'/></chips>"""


def run_generator(generator, folder, source):
    """Exit code, words to the user, and the table."""
    output = os.path.join(folder, "table.h")
    done = subprocess.run([sys.executable, generator, source, output], check=False,
                          capture_output=True, text=True)
    table = ""
    if os.path.exists(output):
        with open(output, encoding="utf-8") as file:
            table = file.read()
    return done.returncode, done.stderr, table


def generate_chips(text):
    """The same for a <chips> file."""
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "chips.xml")
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        return run_generator(CHIPS_GENERATOR, folder, source)


def generate(**parts):
    """The same for a map of several files."""
    files = {"x86": INDEX, "vendors": VENDORS, "features": FEATURES, "models": MODELS, **parts}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            with open(os.path.join(folder, name + ".xml"), "w", encoding="utf-8") as file:
                file.write(text)
        return run_generator(GENERATOR, folder, folder)


class Good(unittest.TestCase):
    def test_table(self):
        code, words, table = generate()
        self.assertEqual((code, words), (0, ""))
        self.assertIn('{ "v-me", 1 }', table)
        self.assertIn('.name = "old-v2"', table)
        # old-v2: old's fpu, plus its late vme, plus rdctl-no, without fpu
        self.assertIn(".features = { { 0x6, ", table)
        self.assertIn("{ 6, 1, 0x1f }", table)

    def test_chips(self):
        code, words, table = generate_chips(CHIPS)
        self.assertEqual((code, words), (0, ""))
        self.assertIn('.reg = "midr"', table)
        self.assertIn(".open = TRUE", table)
        self.assertIn('.name = "a b"', table)
        self.assertIn(".generation = 9", table)
        self.assertIn("{ 0x41000010, 0xff00fff0 }", table)
        self.assertIn('{ "a_b", NULL }', table)
        self.assertIn('{ "sve", NULL }', table)


BAD = {
    "torn": ({"models": MODELS[:200]}, "models.xml: "),
    "encoding": ({"models": "<?xml version='1.0' encoding='UTF-0x'?>" + MODELS}, "models.xml: "),
    "encoding-wide": ({"models": "<?xml version='1.0' encoding='Big5'?>" + MODELS}, "models.xml: "),
    "vendor-string": ({"vendors": VENDORS.replace("GenuineIntel", "Genuine")}, "12 bytes"),
    "vendor-unknown": ({"models": MODELS.replace("'Intel'", "'Acme'")}, "Acme"),
    "same-bit": ({"features": FEATURES.replace("bit='1'", "bit='0'")}, "share one bit"),
    "bit-too-high": ({"features": FEATURES.replace("bit='1'", "bit='32'")}, "no bit 32"),
    "bit-absent": ({"features": FEATURES.replace("bit='1'", "")}, "'bit'"),
    "bit-word": ({"features": FEATURES.replace("bit='1'", "bit='one'")}, "no number"),
    "same-name": ({"features": FEATURES.replace("rdctl-no", "v-me")}, "taken"),
    "register": ({"features": FEATURES.replace("edx", "esp")}, "esp"),
    "feature-unknown": ({"models": MODELS.replace("rdctl-no", "nonsense")}, "nonsense"),
    "alias-as-name": ({"models": MODELS.replace(">vme<", ">v-me<")}, "v-me"),
    "twice": ({"models": MODELS.replace("old-v2", "old")}, "twice"),
    "base-later": ({"models": MODELS.replace("base='old'", "base='new'")}, "no model 'new'"),
    "taken-away-twice": ({"models": MODELS.replace("-fpu", "-fpu -fpu")}, "what is not there"),
    "added-twice": ({"models": MODELS.replace(">fpu<", ">fpu fpu<")}, "there already"),
    "stepping": ({"models": MODELS.replace("0-4", "4-0")}, "4-0"),
    "part": ({"vendors": "<vendor/>"}, "vendor"),
    "file": ({"x86": INDEX.replace("models.xml", "lost.xml")}, "lost.xml"),
}


BAD_CHIPS = {
    "torn": (CHIPS[:100], "chips.xml: "),
    "encoding": ("<?xml version='1.0' encoding='UTF-0x'?>" + CHIPS, "chips.xml: "),
    "encoding-wide": ("<?xml version='1.0' encoding='Big5'?>" + CHIPS, "chips.xml: "),
    "vendor-unknown": (CHIPS.replace("vendor='ARM'", "vendor='Acme'"), "Acme"),
    "twice": (CHIPS.replace("name='c'", "name='a b'"), "twice"),
    "legacy-taken": (CHIPS.replace("a_b", "c"), "twice"),
    "outside-mask": (CHIPS.replace("0x41000020", "0x41000021"), "outside its mask"),
    "no-number": (CHIPS.replace("0x41000020", "many"), "many"),
    "generation": (CHIPS.replace("generation='9'", "generation='nine'"), "nine"),
    "register": (CHIPS.replace("register=", "box="), "register"),
    "no-mask": (CHIPS.replace("mask=", "marsk="), "mask"),
}


class Bad(unittest.TestCase):
    def test_each_chips(self):
        for name, (text, word) in BAD_CHIPS.items():
            with self.subTest(name):
                code, words, table = generate_chips(text)
                self.assertNotEqual(code, 0)
                self.assertIn(word, words)
                self.assertNotIn("Traceback", words)
                self.assertEqual(table, "")

    def test_each(self):
        for name, (parts, word) in BAD.items():
            with self.subTest(name):
                code, words, table = generate(**parts)
                self.assertNotEqual(code, 0)
                self.assertIn(word, words)
                self.assertNotIn("Traceback", words)
                self.assertEqual(table, "")


if __name__ == "__main__":
    unittest.main()
