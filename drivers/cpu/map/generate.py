#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Turn the map in a directory into C tables.

usage: generate.py MAP-DIRECTORY OUTPUT

MAP-DIRECTORY holds x86.xml and the files it includes (schemas/map.rng). OUTPUT is one header of
static const tables for drivers/cpu/x86-map.c, and for nothing else.
"""

import os
import re
import struct
import sys
import xml.etree.ElementTree as ET

SET_WORDS = 8  # X86_SET_WORDS of x86-featureset.h, which asserts it
REGISTERS = {"eax": "EAX", "ebx": "EBX", "ecx": "ECX", "edx": "EDX", "msr": "MSR"}


class MapError(Exception):
    """What is wrong with the map and in which entry."""


class Map:
    """The map as read, with every reference resolved."""

    def __init__(self):
        self.vendors = []  # (name, string)
        self.registers = []  # (kind, leaf, subleaf)
        self.features = []  # dicts
        self.names = {}  # any spelling -> feature index
        self.models = []  # dicts

    def feature_index(self, name, where):
        index = self.names.get(name)
        if index is None or self.features[index]["name"] != name:
            raise MapError(f"{where}: no feature '{name}'")
        return index

    def model(self, name, where):
        for model in self.models:
            if model["name"] == name:
                return model
        raise MapError(f"{where}: no model '{name}' before this one")


def required(node, name):
    value = node.get(name)
    if value is None:
        raise MapError(f"element {node.tag} lacks the attribute '{name}'")
    return value


def number(node, name):
    try:
        return int(required(node, name), 0)
    except ValueError:
        raise MapError(f"element {node.tag}: {name}='{node.get(name)}' is no number") from None


def read_vendors(the_map, root):
    for node in root.findall("vendor"):
        name = required(node, "name")
        string = required(node, "string")
        if len(string.encode()) != 12:
            raise MapError(f"vendor {name}: the string must have 12 bytes")
        the_map.vendors.append((name, string))


def add_feature(the_map, node, register):
    name = required(node, "name")
    bit = number(node, "bit")
    if not 0 <= bit < (64 if the_map.registers[register][0] == "msr" else 32):
        raise MapError(f"feature {name}: the register has no bit {bit}")
    qemu = node.get("qemu", name)
    aliases = [required(alias, "name") for alias in node.findall("alias")]
    if qemu not in (name, "none"):
        aliases.insert(0, qemu)
    index = len(the_map.features)
    for spelling in [name] + aliases:
        if spelling in the_map.names:
            raise MapError(f"feature {name}: '{spelling}' is taken")
        the_map.names[spelling] = index
    the_map.features.append({
        "name": name,
        "qemu": None if qemu == "none" else qemu,
        "aliases": aliases,
        "register": register,
        "bit": bit,
        "migratable": node.get("migratable") != "no",
    })


def read_features(the_map, root):
    for group in root:
        if group.tag == "msr":
            row = ("msr", number(group, "index"), 0)
        else:
            row = (required(group, "register"), number(group, "leaf"), number(group, "subleaf"))
        if row[0] not in REGISTERS:
            raise MapError(f"no register '{row[0]}'")
        if row in the_map.registers:
            raise MapError(f"register {row} has two groups")
        the_map.registers.append(row)
        for node in group.findall("feature"):
            add_feature(the_map, node, len(the_map.registers) - 1)
    bits = [(feature["register"], feature["bit"]) for feature in the_map.features]
    if len(set(bits)) != len(bits):
        raise MapError("two features share one bit")
    if len(bits) > SET_WORDS * 64:
        raise MapError(f"more than {SET_WORDS * 64} features: raise X86_SET_WORDS")


def apply_names(the_map, start, node, where):
    """The set @start changed by the names in @node; a leading '-' takes one away."""
    result = set(start)
    for token in (node.text or "").split():
        index = the_map.feature_index(token.lstrip("-"), where)
        if token.startswith("-"):
            if index not in result:
                raise MapError(f"{where}: {token} takes away what is not there")
            result.remove(index)
        elif index in result:
            raise MapError(f"{where}: {token} is there already")
        else:
            result.add(index)
    return result


def stepping_mask(text, where):
    if text is None:
        return 0xFFFF
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    first, last = (int(match.group(1)), int(match.group(2) or match.group(1))) if match else (1, 0)
    if not 0 <= first <= last <= 15:
        raise MapError(f"{where}: stepping '{text}' is no range of 0 to 15")
    return sum(1 << n for n in range(first, last + 1))


def read_signatures(node, where):
    return [(number(sig, "family"), number(sig, "model"),
             stepping_mask(sig.get("stepping"), where)) for sig in node.findall("signature")]


def family_of(name):
    return re.sub(r"(-v\d+|-IBRS|-IBPB|-noTSX(-IBRS)?)$", "", name)


def read_model(the_map, node):
    name = required(node, "name")
    where = f"model {name}"
    if any(model["name"] == name for model in the_map.models):
        raise MapError(f"{where} is there twice")
    base = the_map.model(node.get("base"), where) if node.get("base") else None
    features = base["features"] if base else set()
    delta = node.find("features")
    if delta is not None:
        if delta.get("late"):
            features = features | the_map.model(delta.get("late"), where)["late"]
        features = apply_names(the_map, features, delta, where)
    late = set()
    delta = node.find("late")
    if delta is not None:
        start = the_map.model(delta.get("base"), where)["late"] if delta.get("base") else set()
        late = apply_names(the_map, start, delta, where)
    gone = node.find("gone")
    signatures = read_signatures(node, where)
    vendor = node.get("vendor") or (base["vendor"] if base else None)
    if vendor and vendor not in [known for known, _ in the_map.vendors]:
        raise MapError(f"{where}: no vendor '{vendor}'")
    version = re.search(r"-v(\d+)$", name)
    the_map.models.append({
        "name": name,
        "family": family_of(name),
        "version": int(version.group(1)) if version else 0,
        "vendor": vendor,
        "decode": required(node, "decode").split(),
        "frozen": node.get("frozen") == "yes",
        "signatures": signatures or (base["signatures"] if base else []),
        "features": features,
        "late": late,
        "gone": [the_map.feature_index(word, where)
                 for word in (gone.text.split() if gone is not None else [])],
    })


def read_models(the_map, root):
    for node in root.findall("model"):
        read_model(the_map, node)


def parse(directory, file):
    try:
        return ET.parse(os.path.join(directory, file)).getroot()
    # An encoding that Python does not know is a LookupError, one expat cannot use a ValueError.
    except (ET.ParseError, LookupError, ValueError, OSError) as problem:
        raise MapError(f"{file}: {problem}") from None


def read_map(directory):
    the_map = Map()
    readers = {"vendors": read_vendors, "features": read_features, "models": read_models}
    for include in parse(directory, "x86.xml").findall("include"):
        file = required(include, "file")
        root = parse(directory, file)
        if root.tag not in readers:
            raise MapError(f"{file}: no part of a map is called '{root.tag}'")
        readers[root.tag](the_map, root)
    return the_map


def c_string(text):
    return "NULL" if text is None else f'"{text}"'


def c_set(indices):
    words = [0] * SET_WORDS
    for index in indices:
        words[index // 64] |= 1 << (index % 64)
    return "{ { " + ", ".join(f"{word:#x}" for word in words) + " } }"


def c_bool(value):
    return "TRUE" if value else "FALSE"


def write_vendors(the_map, out):
    out.append("static const X86Vendor x86_vendors[] = {")
    for name, string in the_map.vendors:
        ebx, edx, ecx = struct.unpack("<III", string.encode())
        out.append(f'    {{ "{name}", "{string}", {ebx:#x}, {ecx:#x}, {edx:#x} }},')
    out.append("};\n")


def write_features(the_map, out):
    out.append("static const X86Register x86_registers[] = {")
    for kind, leaf, subleaf in the_map.registers:
        out.append(f"    {{ VIRTCPU_REGISTER_{REGISTERS[kind]}, {leaf:#x}, {subleaf:#x} }},")
    out.append("};\n")
    out.append("static const X86Feature x86_features[] = {")
    for feature in the_map.features:
        aliases = "".join(f'"{alias}", ' for alias in feature["aliases"])
        out.append(f'    {{ "{feature["name"]}", {c_string(feature["qemu"])}, '
                   f'(const char *const[]){{ {aliases}NULL }}, {feature["register"]}, '
                   f'{feature["bit"]}, {c_bool(feature["migratable"])} }},')
    out.append("};\n")
    out.append("/* Every spelling, in strcmp order. */")
    out.append("static const X86Name x86_feature_names[] = {")
    for spelling, index in sorted(the_map.names.items(), key=lambda item: item[0].encode()):
        out.append(f'    {{ "{spelling}", {index} }},')
    out.append("};\n")


def write_model(the_map, model, out):
    vendors = [name for name, _ in the_map.vendors]
    vendor = f'&x86_vendors[{vendors.index(model["vendor"])}]' if model["vendor"] else "NULL"
    signatures = ", ".join(f"{{ {f}, {m}, {mask:#x} }}" for f, m, mask in model["signatures"])
    pointer = f"(const X86Signature[]){{ {signatures} }}" if signatures else "NULL"
    gone = "".join(f"{index}, " for index in model["gone"])
    out.append("    {")
    out.append(f'        .name = "{model["name"]}",')
    out.append(f'        .family = "{model["family"]}",')
    out.append(f'        .version = {model["version"]},')
    out.append(f"        .vendor = {vendor},")
    out.append(f'        .decode_host = {c_bool("host" in model["decode"])},')
    out.append(f'        .decode_guest = {c_bool("guest" in model["decode"])},')
    out.append(f'        .frozen = {c_bool(model["frozen"])},')
    out.append(f"        .signatures = {pointer},")
    out.append(f'        .n_signatures = {len(model["signatures"])},')
    out.append(f'        .features = {c_set(model["features"])},')
    out.append(f'        .late = {c_set(model["late"])},')
    out.append(f'        .gone = (const guint16[]){{ {gone}X86_NO_FEATURE }},')
    out.append("    },")


def write_models(the_map, out):
    out.append("/* Oldest first: decoding walks from the end. */")
    out.append("static const X86Model x86_models[] = {")
    for model in the_map.models:
        write_model(the_map, model, out)
    out.append("};\n")
    out.append("/* In strcmp order. */")
    out.append("static const X86Name x86_model_names[] = {")
    names = sorted((model["name"], index) for index, model in enumerate(the_map.models))
    for name, index in sorted(names, key=lambda item: item[0].encode()):
        out.append(f'    {{ "{name}", {index} }},')
    out.append("};\n")
    out.append("static const X86Set x86_non_migratable =")
    out.append("    " + c_set(index for index, feature in enumerate(the_map.features)
                              if not feature["migratable"]) + ";")


def main(arguments):
    if len(arguments) != 3:
        sys.exit(__doc__)
    try:
        the_map = read_map(arguments[1])
    except MapError as problem:
        sys.exit(f"{arguments[1]}: {problem}")
    out = ["/* Made by drivers/cpu/map/generate.py: change the map, not this file. */"]
    write_vendors(the_map, out)
    write_features(the_map, out)
    write_models(the_map, out)
    with open(arguments[2], "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main(sys.argv)
