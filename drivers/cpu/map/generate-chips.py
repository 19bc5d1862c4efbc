#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Turn a <chips> file of the map into C tables.

usage: generate-chips.py FILE OUTPUT

OUTPUT is a header with one static const ChipMap (drivers/cpu/chip-map.h) named ARCH_chips, for the
file of that architecture and for nothing else.
"""

import sys
import xml.etree.ElementTree as ET


class MapError(Exception):
    """What is wrong with the map and in which entry."""


def check_names(root):
    """Refuse a name that is there twice, a vendor that is not there, an id no register can match."""
    for kind in ("vendor", "model", "feature", "model/legacy"):
        names = [node.get("name") for node in root.findall(kind)]
        for name in names:
            if names.count(name) > 1:
                raise MapError(f"{kind} {name} is there twice")
    vendors = {node.get("name") for node in root.findall("vendor")}
    for model in root.findall("model"):
        if model.get("vendor") not in vendors:
            raise MapError(f"model {model.get('name')}: no vendor '{model.get('vendor')}'")
        for value, mask in ids_of(model):
            if value & ~mask:
                raise MapError(f"model {model.get('name')}: id {value:#x} has bits outside its mask")


def ids_of(model):
    return [(int(node.get("value"), 0), int(node.get("mask"), 0)) for node in model.findall("id")]


def c_names(names):
    return "(const char *const[]){ " + "".join(f'"{name}", ' for name in names) + "NULL }"


def write_model(model, out):
    ids = ids_of(model)
    rows = ", ".join(f"{{ {value:#010x}, {mask:#010x} }}" for value, mask in ids)
    out.append("    {")
    out.append(f'        .name = "{model.get("name")}",')
    out.append(f'        .vendor = "{model.get("vendor")}",')
    out.append(f'        .generation = {model.get("generation", "0")},')
    out.append(f"        .ids = (const ChipId[]){{ {rows} }},")
    out.append(f"        .n_ids = {len(ids)},")
    out.append(f'        .legacy = {c_names(node.get("name") for node in model.findall("legacy"))},')
    out.append("    },")


def write_map(root, out):
    arch = root.get("arch")
    models = root.findall("model")
    out.append(f"static const ChipModel {arch}_models[] = {{")
    for model in models:
        write_model(model, out)
    out.append("};\n")
    out.append(f"static const ChipVendor {arch}_vendors[] = {{")
    for vendor in root.findall("vendor"):
        out.append(f'    {{ "{vendor.get("name")}", {vendor.get("code", "0")} }},')
    out.append("};\n")
    out.append(f"static const ChipMap {arch}_chips = {{")
    out.append(f"    .open = {'TRUE' if root.get('open') == 'yes' else 'FALSE'},")
    out.append(f"    .models = {arch}_models,")
    out.append(f"    .n_models = G_N_ELEMENTS({arch}_models),")
    out.append(f"    .vendors = {arch}_vendors,")
    out.append(f"    .n_vendors = G_N_ELEMENTS({arch}_vendors),")
    out.append(f'    .features = {c_names(node.get("name") for node in root.findall("feature"))},')
    out.append("};")


def main(arguments):
    if len(arguments) != 3:
        sys.exit(__doc__)
    try:
        root = ET.parse(arguments[1]).getroot()
        check_names(root)
    except (MapError, ET.ParseError) as problem:
        sys.exit(f"{arguments[1]}: {problem}")
    out = ["/* Made by drivers/cpu/map/generate-chips.py: change the map, not this file. */"]
    write_map(root, out)
    with open(arguments[2], "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main(sys.argv)
