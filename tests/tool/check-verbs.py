#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""virtcpu's verbs as a script sees them: words, exit statuses, JSON, and what bad input gets."""

import json
import os
import subprocess
import sys
import tempfile

from tool import Report, run

TOOL = sys.argv[1]

HASWELL = """<cpu>
  <arch>x86_64</arch>
  <model>Haswell</model>
  <vendor>Intel</vendor>
  <feature name='vmx'/>
</cpu>
"""
WESTMERE = """<cpu mode='custom' match='exact'>
  <model fallback='allow'>Westmere</model>
  <vendor>Intel</vendor>
</cpu>
"""
PINNED = """<cpu mode='custom' match='exact'>
  <model fallback='allow'>Westmere</model>
  <cache level='3' mode='emulate'/>
  <maxphysaddr mode='emulate' bits='42'/>
  <numa>
    <cell id='0' cpus='0-3' memory='1024' unit='KiB'/>
  </numa>
</cpu>
"""
OPTERON = """<cpu>
  <arch>x86_64</arch>
  <model>Opteron_G3</model>
  <vendor>AMD</vendor>
</cpu>
"""
DUMP = """<cpudata arch='x86'>
  <cpuid eax_in='0x00000000' ecx_in='0x00' eax='0x0000000d' ebx='0x756e6547' ecx='0x6c65746e' edx='0x49656e69'/>
  <cpuid eax_in='0x00000001' ecx_in='0x00' eax='0x000106a1' ebx='0x00000800' ecx='0x00982201' edx='0x0f8bfbff'/>
  <cpuid eax_in='0x80000001' ecx_in='0x00' eax='0x00000000' ebx='0x00000000' ecx='0x00000001' edx='0x20100800'/>
</cpudata>
"""
EXPANSION = {"return": {"model": {"name": "base", "props": {
    "vendor": "GenuineIntel", "family": 6, "model": 26, "stepping": 3,
    **{name: True for name in """fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat
    pse36 clflush mmx fxsr sse sse2 sse3 ssse3 cx16 sse4.1 sse4.2 popcnt syscall nx lm
    lahf-lm""".split()}}}}}
DEFINITIONS = {"return": [{"name": "Conroe", "typename": "Conroe-x86_64-cpu", "unavailable-features":
                           [], "static": False, "migration-safe": True}]}

# (name, arguments, standard input or None, exit status, words in the output, words in the errors);
# {host} is a Haswell, {guest} a Westmere, {amd} an Opteron, {many} all three
CASES = [
    ("compare superset", ["compare", "--host", "{host}", "{guest}"], None, 0, ["superset\n"], []),
    ("compare identical", ["compare", "--host", "{host}", "{host}"], None, 0, ["identical\n"], []),
    ("compare incompatible", ["compare", "--host", "{host}", "{amd}"], None, 1,
     ["incompatible\n", "vendor", "AMD"], []),
    ("compare names features", ["compare", "--host", "{guest}", "{host}"], None, 1,
     ["incompatible\n", "avx2", "vmx"], []),
    ("compare standard input", ["compare", "--host", "{host}", "-"], WESTMERE, 0, ["superset\n"],
     []),
    ("compare many", ["compare", "--host", "{host}", "{many}"], None, 1,
     ["identical", "superset", "incompatible", "CPU 3"], []),
    ("compare host of many", ["compare", "--host", "{many}", "{guest}"], None, 2, [],
     ["{many}", "3 CPUs"]),
    ("compare this machine", ["compare", "--host", "{guest}", "{missing}"], None, 2, [],
     ["{missing}", "No such file"]),
    ("baseline of two", ["baseline", "{host}", "{guest}"], None, 0,
     [">Westmere</model>", "<vendor>Intel</vendor>"], []),
    ("baseline of one file", ["baseline", "-"], HASWELL + WESTMERE, 0, [">Westmere</model>"], []),
    ("baseline in capabilities", ["baseline", "-"],
     f"<?xml version='1.0'?><capabilities><host>{HASWELL}</host></capabilities>", 0,
     [">Haswell</model>"], []),
    ("baseline in domain", ["baseline", "-"],
     f"<domain type='kvm'><name>d</name>{WESTMERE}</domain>", 0, [">Westmere</model>"], []),
    ("baseline in domain capabilities", ["baseline", "--arch", "x86_64", "-"],
     "<domainCapabilities><cpu><mode name='host-passthrough' supported='yes'/><mode "
     "name='host-model' supported='yes'><model fallback='forbid'>Penryn</model></mode></cpu>"
     "</domainCapabilities>", 0, [">Penryn</model>"], []),
    ("baseline features", ["baseline", "--features", "{guest}"], None, 0,
     ["<feature policy='require' name='aes'/>"], []),
    ("baseline models", ["baseline", "--models", "Penryn,Conroe", "{guest}"], None, 0,
     [">Penryn</model>", "aes"], []),
    ("baseline unknown model", ["baseline", "--models", "Conroe,Bogus,Penryn", "{guest}"], None, 2,
     [], ["'Bogus'"]),
    ("baseline vendors", ["baseline", "{host}", "{amd}"], None, 2, [], ["vendor"]),
    ("baseline culprit", ["baseline", "{host}", "{bogus}", "{guest}"], None, 2, [],
     ["{bogus}", "Bogus"]),
    ("update host-model", ["update", "--host", "{host}", "-"], "<cpu mode='host-model'/>", 0,
     ["mode='custom'", ">Haswell</model>", "vmx"], []),
    ("update minimum", ["update", "--host", "{host}", "-"],
     "<cpu match='minimum'><model>Westmere</model></cpu>", 0, [">Haswell</model>"], []),
    ("expand", ["expand", "{guest}"], None, 0, [">Westmere</model>", "name='aes'"], []),
    ("decode dump", ["decode", "-"], DUMP, 0, ["<arch>x86_64</arch>", "<vendor>Intel</vendor>"],
     []),
    ("decode as guest", ["decode", "--guest", "-"], DUMP, 0, ["<cpu mode='custom'"], []),
    ("decode expansion", ["decode", "-"], json.dumps(EXPANSION), 0,
     ["<cpu mode='custom'", ">Nehalem</model>"], []),
    ("decode with definitions", ["decode", "-"], json.dumps(EXPANSION) + json.dumps(DEFINITIONS), 0,
     [">Conroe</model>"], []),
    ("decode with models of QEMU", ["decode", "--qemu-models", "{definitions}", "-"],
     json.dumps(EXPANSION), 0, [">Conroe</model>"], []),
    ("decode both kinds", ["decode", "--host", "--guest", "-"], DUMP, 2, [], ["exclude"]),
    ("decode no model", ["decode", "-"], json.dumps(DEFINITIONS), 2, [], ["-:", "'model'"]),
    ("decode cut JSON", ["decode", "-"], json.dumps(EXPANSION)[:200], 2, [], ["-:", "JSON value 1"]),
    ("decode cut second JSON", ["decode", "-"], json.dumps(EXPANSION) + "\n" + "[{", 2, [],
     ["JSON value 2, from line 2"]),
    ("decode garbage", ["decode", "-"], "garbage", 2, [], ["-:"]),
    ("decode nothing", ["decode", "-"], "", 2, [], ["-:"]),
    ("decode no definitions", ["decode", "--qemu-models", "{host}", "-"], DUMP, 2, [], ["{host}"]),
    ("empty", ["compare", "--host", "{host}", "-"], "", 2, [], ["-:"]),
    ("no cpu", ["compare", "--host", "{host}", "-"], "<domain/>", 2, [], ["cpu"]),
    ("cut XML", ["compare", "--host", "{host}", "-"], WESTMERE[:60], 2, [], ["-:"]),
    ("unknown model", ["compare", "--host", "{host}", "{bogus}"], None, 2, [],
     ["{bogus}", "Bogus"]),
    ("unknown feature", ["compare", "--host", "{host}", "-"],
     WESTMERE.replace("</cpu>", "<feature name='nosuch' policy='require'/></cpu>"), 2, [],
     ["nosuch"]),
    ("feature twice", ["compare", "--host", "{host}", "-"],
     WESTMERE.replace("</cpu>", 2 * "<feature name='aes' policy='require'/>" + "</cpu>"), 2, [],
     ["aes"]),
    ("document type", ["compare", "--host", "{host}", "-"],
     "<!DOCTYPE cpu [<!ENTITY a 'b'>]>" + WESTMERE, 2, [], ["-:"]),
    ("NUL byte", ["compare", "--host", "{host}", "-"], "<cpu>\0</cpu>", 2, [], ["NUL"]),
    ("models", ["models", "--arch", "x86_64"], None, 0, ["Haswell-noTSX-IBRS", "x86-64-v3"], []),
    ("models elsewhere", ["models", "--arch", "alpha"], None, 2, [], ["alpha"]),
    ("features", ["features", "--arch", "x86_64"], None, 0, ["invtsc", "0x80000007"], []),
    ("features elsewhere", ["features", "--arch", "alpha"], None, 2, [], ["alpha"]),
    ("unknown arch", ["models", "--arch", "pdp11"], None, 2, [], ["'pdp11'"]),
    ("no verb", [], None, 2, [], ["verb"]),
    ("unknown verb", ["frobnicate"], None, 2, [], ["'frobnicate'"]),
    ("unknown option", ["compare", "--frob", "{host}"], None, 2, [], ["--frob"]),
    ("no file", ["compare"], None, 2, [], ["FILE"]),
    ("too many files", ["compare", "{host}", "{guest}"], None, 2, [], ["FILE"]),
    ("version", ["--version"], None, 0, ["virtcpu "], []),
    ("help", ["--help"], None, 0, ["decode", "compare", "baseline", "update", "expand", "models",
                                   "features"], []),
    ("probe nothing", ["probe"], None, 2, [], ["BINARY", "--replies"]),
    ("probe two", ["probe", "--replies", "{guest}", "a"], None, 2, [], ["BINARY", "--replies"]),
    ("probe record of a record", ["probe", "--replies", "{guest}", "--record", "x"], None, 2, [],
     ["BINARY", "--record"]),
    ("probe models of a record", ["probe", "--replies", "{guest}", "--models"], None, 2, [],
     ["--models", "recording"]),
    ("models only QEMU knows", ["models", "--arch", "s390x"], None, 2, [], ["s390x", "virtcpu probe"]),
    ("models only QEMU knows, JSON", ["models", "--arch", "riscv64", "--json"], None, 2, [],
     ["riscv64", "virtcpu probe"]),
    ("probe missing", ["probe", "{missing}"], None, 2, [], ["{missing}"]),
    ("probe virt type", ["probe", "--virt-type", "xen", "{missing}"], None, 2, [], ["xen"]),
    ("probe no replies", ["probe", "--replies", "-"], "", 2, [], ["-:"]),
    ("probe cut replies", ["probe", "--replies", "-"], '{"execute": "a"}\n\n{"return": {\n\n', 2,
     [], ["-:", "JSON"]),
    ("domcaps garbage", ["domcaps", "--replies", "{guest}"], None, 2, [], ["{guest}"]),
    ("domcaps arguments", ["domcaps", "{guest}"], None, 2, [], ["domcaps"]),
    ("matrix nothing", ["matrix"], None, 2, [], ["BINARY"]),
    ("matrix missing", ["matrix", "--root", "{folder}", "{missing}"], None, 2, [], ["{missing}"]),
    ("cache wishes", ["cache", "--list", "--check"], None, 2, [], ["exclude"]),
    ("cache of nothing", ["cache", "--root", "{folder}"], None, 0, [], []),
    ("cache drop nothing", ["cache", "--root", "{folder}", "--drop", "{missing}"], None, 2, [],
     ["{missing}"]),
    ("cache in a file", ["cache", "--root", "{guest}", "--list"], None, 2, [], ["{guest}"]),
    ("cache checked in a file", ["cache", "--root", "{guest}", "--check"], None, 2, [], ["{guest}"]),
    ("cache drop in a file", ["cache", "--root", "{guest}", "--drop", "x"], None, 2, [],
     ["{guest}"]),
    ("cache drop without", ["cache", "--drop"], None, 2, [], ["--drop"]),
    ("cache argument", ["cache", "qemu-system-x86_64"], None, 2, [], ["cache"]),
    ("help of a verb", ["baseline", "--help"], None, 0, ["--migratable"], []),
]


def fault_of(case, names):
    _, args, text, status, output, errors = case
    got = run(TOOL, *[arg.format(**names) for arg in args], text=text)
    expected = [word.format(**names) for word in output]
    missed = [word for word in expected if word not in got[1]]
    missed += [word for word in (w.format(**names) for w in errors) if word not in got[2]]
    if got[0] == status and not missed and bool(got[2]) == (status == 2):
        return None
    return f"exit status {got[0]}, lacks {missed}\n{got[1][:2000]}\n{got[2]}"


def first_word(output):
    return output.split()[0]


def json_faults(names):
    """The same answers as JSON."""
    status, text, _ = run(TOOL, "compare", "--json", "--host", names["host"], names["amd"])
    answer = json.loads(text)
    yield "compare --json", (status, answer["result"], len(answer["reasons"])), \
        (1, "incompatible", 1)
    status, text, _ = run(TOOL, "compare", "--json", "--host", names["host"], names["many"])
    yield "compare --json many", [entry["result"] for entry in json.loads(text)], \
        ["identical", "superset", "incompatible"]
    status, text, _ = run(TOOL, "baseline", "--json", names["guest"])
    yield "baseline --json", json.loads(text)["model"], "Westmere"
    status, text, _ = run(TOOL, "update", "--json", "--host", names["host"], "-", text=PINNED)
    answer = json.loads(text)
    yield "update --json", (answer["cache"], answer["maxphysaddr"], answer["numa"]), \
        ({"level": 3, "mode": "emulate"}, {"mode": "emulate", "bits": 42},
         [{"id": 0, "cpus": "0-3", "memory": 1024}])
    status, text, _ = run(TOOL, "decode", "--json", "-", text=DUMP)
    yield "decode --json", json.loads(text)["signature"], \
        {"family": 6, "model": 26, "stepping": 1}
    status, text, _ = run(TOOL, "models", "--json", "--arch", "x86_64")
    row = {entry["name"]: entry for entry in json.loads(text)}["EPYC-Rome-v4"]
    yield "models --json", (row["version"], row["vendor"], row["family"], row["abi-level"]), \
        (4, "AMD", "EPYC-Rome", 3)
    status, text, _ = run(TOOL, "features", "--json", "--arch", "x86_64")
    row = {entry["name"]: entry for entry in json.loads(text)}["invtsc"]
    yield "features --json", (row["leaf"], row["register"], row["bit"], row["migratable"]), \
        (0x80000007, "edx", 8, False)
    _, plain, _ = run(TOOL, "compare", "--host", names["host"], names["guest"])
    yield "first word", first_word(plain), "superset"


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        files = {
            "host": HASWELL, "guest": WESTMERE, "amd": OPTERON, "many": HASWELL + WESTMERE + OPTERON,
            "bogus": WESTMERE.replace("Westmere", "Bogus"), "definitions": json.dumps(DEFINITIONS),
        }
        names = {name: os.path.join(folder, name) for name in [*files, "missing", "folder"]}
        for name, text in files.items():
            with open(names[name], "w", encoding="utf-8") as file:
                file.write(text)
        for case in CASES:
            report.case(case[0], fault_of(case, names))
        for name, got, expected in json_faults(names):
            report.case(name, None if got == expected else f"{got} is not {expected}")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([TOOL, "models", "--arch", "x86_64"], stdout=full,
                              stderr=subprocess.PIPE, check=False)
    report.case("full disk", None if done.returncode == 2 and done.stderr else str(done))
    report.finish()


main()
