#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files that D-Bus and polkit read when virtcpud is installed: valid, and about what is there.

ROOT is the source folder, SERVICE the activation file as it is installed."""

import configparser
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

ROOT, SERVICE = sys.argv[1:]
NAME = "org.virtcpu.Daemon1"
POLICY_DTD = "/usr/share/polkit-1/policyconfig-1.dtd"
NOBODY = 65534

BUS = """<busconfig>
  <listen>unix:path={0}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_destination="org.freedesktop.DBus"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
  </policy>
  <include>{1}</include>
</busconfig>
"""


class Skip(Exception):
    """This machine lacks what the check needs."""


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            raise Skip(f"no {tool} here")


def run(*words, **options):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          encoding="utf-8", timeout=120, **options)


def check_interface():
    need("xmllint")
    done = run("xmllint", "--noout", "--nonet", os.path.join(ROOT, "schemas", NAME + ".xml"))
    assert done.returncode == 0, done.stdout
    node = xml.fromstring(read("schemas", NAME + ".xml"))
    assert node.find("interface").get("name") == NAME
    for method in node.iter("method"):
        kinds = [(arg.get("type"), arg.get("direction")) for arg in method.findall("arg")]
        assert kinds in ([("a{sv}", "in"), ("s", "out")], [("s", "in")]), method.get("name")


def check_methods():
    """Every method but Cancel is a verb, and every option of a verb is told of."""
    written = {m.get("name") for m in xml.fromstring(read("schemas", NAME + ".xml")).iter("method")}
    code = read("daemon", "dbus-verbs.c")
    rows = re.search(r"verbs\[\] = \{(.*?)\n\};", code, re.S).group(1)
    assert written - {"Cancel"} == set(re.findall(r'\{ "(\w+)"', rows)), (written, rows)
    options = set(re.findall(r'\{ "([\w-]+)", "(?:s|b|as)"', read("daemon", "dbus-options.c")))
    head = read("schemas", NAME + ".xml").split("<node")[0]
    told = set(re.findall(r"^    ([\w-]+) +(?:s|b|as) ", head, re.M))
    assert options and options == told, options ^ told


def check_polkit():
    need("xmllint")
    path = os.path.join(ROOT, "daemon", "org.virtcpu.daemon1.policy")
    if not os.path.exists(POLICY_DTD):
        raise Skip(f"no {POLICY_DTD} here (polkitd)")
    done = run("xmllint", "--noout", "--nonet", "--dtdvalid", POLICY_DTD, path)
    assert done.returncode == 0, done.stdout
    known = {action.get("id") for action in xml.parse(path).iter("action")}
    asked = set(re.findall(r'"(org\.virtcpu\.daemon1\.[\w-]+)"', read("daemon", "dbus-verbs.c")))
    assert known == asked, known ^ asked


def request_name(folder, user):
    return run("gdbus", "call", "--address", f"unix:path={folder}/bus", "--dest",
               "org.freedesktop.DBus", "--object-path", "/", "--method",
               "org.freedesktop.DBus.RequestName", NAME, "0", user=user)


def check_bus():
    """A bus with our policy gives root the name, and nobody not; anyone may call."""
    need("dbus-daemon", "gdbus")
    if os.geteuid() != 0:
        raise Skip("only root can be nobody")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "bus.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(BUS.format(folder, os.path.join(ROOT, "daemon", NAME + ".conf")))
        bus = subprocess.Popen(["dbus-daemon", "--nofork", "--nopidfile", "--nosyslog",
                                "--print-address", "--config-file", path],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            assert bus.stdout.readline(), "dbus-daemon does not take the policy"
            done = request_name(folder, NOBODY)
            assert done.returncode == 1 and "AccessDenied" in done.stdout, done.stdout
            done = request_name(folder, 0)
            assert (done.returncode, done.stdout) == (0, "(uint32 1,)\n"), done.stdout
            done = run("gdbus", "call", "--address", f"unix:path={folder}/bus", "--dest", NAME,
                       "--object-path", "/", "--method", NAME + ".Probe", "{}", user=NOBODY)
            assert "ServiceUnknown" in done.stdout, done.stdout  # the owner has left
        finally:
            bus.terminate()
            bus.wait()


def check_activation():
    parser = configparser.ConfigParser()
    parser.optionxform = str
    parser.read(SERVICE)
    service = dict(parser["D-BUS Service"])
    program = service.pop("Exec").split()
    assert os.path.isabs(program[0]) and os.path.basename(program[0]) == "virtcpud", program
    assert service == {"Name": NAME, "User": "root", "SystemdService": "virtcpud.service"}, service
    assert os.path.exists(os.path.join(ROOT, "daemon", "virtcpud.service.in"))


def main():
    checks = [check_interface, check_methods, check_polkit, check_bus, check_activation]
    failed = 0
    print(f"1..{len(checks)}")
    for number, check in enumerate(checks, 1):
        name = check.__name__.replace("check_", "")
        try:
            check()
            print(f"ok {number} {name}")
        except Skip as reason:
            print(f"ok {number} {name} # SKIP {reason}")
        except AssertionError as fault:
            failed += 1
            print(f"not ok {number} {name}\n# {fault}".replace("\n", "\n# ").replace("# # ", "# "))
    sys.exit(1 if failed else 0)


main()
