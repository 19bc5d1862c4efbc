#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The map's generator on small maps: one that is right, and one for each way to be wrong.

usage: test-map-generate.py GENERATOR
"""

import os
import subprocess
import sys
import tempfile
import unittest

GENERATOR = sys.argv.pop(1)

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


def generate(**parts):
    """Exit code, words to the user, and the table."""
    files = {"x86": INDEX, "vendors": VENDORS, "features": FEATURES, "models": MODELS, **parts}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            with open(os.path.join(folder, name + ".xml"), "w", encoding="utf-8") as file:
                file.write(text)
        output = os.path.join(folder, "table.h")
        done = subprocess.run([sys.executable, GENERATOR, folder, output], check=False,
                              capture_output=True, text=True)
        table = ""
        if os.path.exists(output):
            with open(output, encoding="utf-8") as file:
                table = file.read()
        return done.returncode, done.stderr, table


class Good(unittest.TestCase):
    def test_table(self):
        code, words, table = generate()
        self.assertEqual((code, words), (0, ""))
        self.assertIn('{ "v-me", 1 }', table)
        self.assertIn('.name = "old-v2"', table)
        # old-v2: old's fpu, plus its late vme, plus rdctl-no, without fpu
        self.assertIn(".features = { { 0x6, ", table)
        self.assertIn("{ 6, 1, 0x1f }", table)


BAD = {
    "torn": ({"models": MODELS[:200]}, "models.xml: "),
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


class Bad(unittest.TestCase):
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
