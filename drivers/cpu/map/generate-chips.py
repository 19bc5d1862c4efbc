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


def attribute(node, name):
    """What @node has to say, or its fault by name."""
    text = node.get(name)
    if text is None:
        raise MapError(f"{node.tag} {node.get('name', '')}: no '{name}'")
    return text


def number(node, name):
    try:
        return int(attribute(node, name), 0)
    except ValueError:
        raise MapError(f"{node.tag}: '{node.get(name)}' is no number") from None


def ids_of(model):
    return [(number(node, "value"), number(node, "mask")) for node in model.findall("id")]


def check_unique(root, *paths):
    names = [attribute(node, "name") for path in paths for node in root.findall(path)]
    for name in names:
        if names.count(name) > 1:
            raise MapError(f"{paths[0]} {name} is there twice")


def check(root):
    """Refuse a name that is there twice, a vendor that is not there, an id no register can match."""
    check_unique(root, "vendor")
    check_unique(root, "model", "model/legacy")
    check_unique(root, "feature")
    vendors = {node.get("name") for node in root.findall("vendor")}
    for model in root.findall("model"):
        if attribute(model, "vendor") not in vendors:
            raise MapError(f"model {model.get('name')}: no vendor '{model.get('vendor')}'")
        for value, mask in ids_of(model):
            if value & ~mask:
                raise MapError(f"model {model.get('name')}: id {value:#x} has bits outside its mask")


def c_names(names):
    return "(const char *const[]){ " + "".join(f'"{name}", ' for name in names) + "NULL }"


def write_model(model, out):
    ids = ids_of(model)
    rows = ", ".join(f"{{ {value:#010x}, {mask:#010x} }}" for value, mask in ids)
    out.append("    {")
    out.append(f'        .name = "{model.get("name")}",')
    out.append(f'        .vendor = "{model.get("vendor")}",')
    out.append(f"        .generation = {number(model, 'generation') if model.get('generation') else 0},")
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
    out.append(f"static const ChipMap {arch}_chips = {{")
    out.append(f'    .reg = "{attribute(root, "register")}",')
    out.append(f"    .open = {'TRUE' if root.get('open') == 'yes' else 'FALSE'},")
    out.append(f"    .models = {arch}_models,")
    out.append(f"    .n_models = G_N_ELEMENTS({arch}_models),")
    out.append(f'    .vendors = {c_names(node.get("name") for node in root.findall("vendor"))},')
    out.append(f'    .features = {c_names(node.get("name") for node in root.findall("feature"))},')
    out.append("};")


def main(arguments):
    if len(arguments) != 3:
        sys.exit(__doc__)
    out = ["/* Made by drivers/cpu/map/generate-chips.py: change the map, not this file. */"]
    try:
        root = ET.parse(arguments[1]).getroot()
        check(root)
        write_map(root, out)
    # An encoding that Python does not know is a LookupError, one expat cannot use a ValueError.
    except (MapError, ET.ParseError, LookupError, ValueError, OSError) as problem:
        sys.exit(f"{arguments[1]}: {problem}")
    with open(arguments[2], "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main(sys.argv)
