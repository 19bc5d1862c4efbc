#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Make the dispatch table from the notes in virtcpu-rpc.x.

usage: rpc-table.py virtcpu-rpc.x OUT.h OUT.c

OUT.h declares one typed handler for each procedure, OUT.c the table of VirtCpuRpcProcedure. A
procedure without a handler does not link; a note that cannot be read fails the build.
"""

import re
import sys

NOTE = re.compile(
    r'/\* (any|auth|ro|rw) (high|low) (main|quick|work): (-|\w+) -> (-|\w+)(?: = (\w+))? \*/$')
NUMBER = re.compile(r'RPC_(REMOTE|QEMU)_(\w+) = (\d+),?$')
STAGE = {'any': 'ANY', 'auth': 'AUTHENTICATED', 'ro': 'OPEN', 'rw': 'OPEN'}
ACRONYMS = {'XML', 'OS', 'UUID', 'ID', 'CPU', 'URI'}


def api_name(name):
    """virDomainGetXMLDesc from DOMAIN_GET_XML_DESC."""
    return 'vir' + ''.join(w if w in ACRONYMS else w.capitalize() for w in name.split('_'))


def read(path):
    rows, note = [], None
    for number, text in enumerate(open(path, encoding='utf-8'), 1):
        line = text.strip()
        found = NUMBER.match(line)
        if not found:
            note = line if line.startswith('/*') else None
            continue
        if note is None:
            sys.exit(f'{path}:{number}: no note above {found.group(2)}')
        if note.startswith('/* message:'):
            continue
        parts = NOTE.match(note)
        if not parts:
            sys.exit(f'{path}:{number - 1}: cannot read the note')
        rows.append((found.groups(), parts.groups()))
    return rows


def handler(program, name):
    return 'virtcpu_handle_' + ('qemu_' if program == 'QEMU' else '') + name.lower()


def parameters(args, ret):
    out = ['VirtCpuConnection *conn']
    out += [f'const {args} *args'] if args != '-' else []
    out += [f'{ret} *ret'] if ret != '-' else []
    return ', '.join(out + ['GError **error'])


def wrapper(program, name, args, ret):
    passed = ['conn'] + (['args'] if args != '-' else []) + (['ret'] if ret != '-' else [])
    return (f'static gboolean\ncall_{program.lower()}_{name.lower()}(gpointer conn, const void *args, '
            f'void *ret, GError **error)\n{{\n'
            f'    return {handler(program, name)}({", ".join(passed)}, error);\n}}\n\n')


def row(program, name, number, stage, priority, place, args, ret, api):
    flags = ['VIRTCPU_RPC_WRITE'] if stage == 'rw' else []
    flags += ['VIRTCPU_RPC_HIGH'] if priority == 'high' else []
    shapes = [f'sizeof({s}), (xdrproc_t)xdr_{s}' if s != '-' else '0, NULL' for s in (args, ret)]
    return (f'    {{ RPC_PROGRAM_{program}, {number}, "{api or api_name(name)}", '
            f'VIRTCPU_RPC_STAGE_{STAGE[stage]}, VIRTCPU_RPC_PLACE_{place.upper()}, '
            f'{" | ".join(flags) or "0"},\n      {shapes[0]}, {shapes[1]}, '
            f'call_{program.lower()}_{name.lower()} }},\n')


def main():
    rows = read(sys.argv[1])
    with open(sys.argv[2], 'w', encoding='utf-8') as out:
        out.write('/* Made by rpc-table.py: one handler for each procedure. */\n#pragma once\n\n'
                  '#include "daemon/connection.h"\n#include "daemon/rpc-procedure.h"\n'
                  '#include "schemas/virtcpu_rpc.h"\n\n')
        for (program, name, _), (_, _, _, args, ret, _) in rows:
            out.write(f'gboolean {handler(program, name)}({parameters(args, ret)})'
                      ' G_GNUC_WARN_UNUSED_RESULT;\n')
        out.write('\nextern const VirtCpuRpcProcedure virtcpu_rpc_table[];\n'
                  'extern const gsize virtcpu_rpc_table_length;\n')
    with open(sys.argv[3], 'w', encoding='utf-8') as out:
        out.write('/* Made by rpc-table.py. */\n#include "rpc-table.h"\n\n')
        for (program, name, _), (_, _, _, args, ret, _) in rows:
            out.write(wrapper(program, name, args, ret))
        out.write('const VirtCpuRpcProcedure virtcpu_rpc_table[] = {\n')
        for names, (stage, priority, place, args, ret, api) in rows:
            out.write(row(*names, stage, priority, place, args, ret, api))
        out.write('};\n\nconst gsize virtcpu_rpc_table_length = G_N_ELEMENTS(virtcpu_rpc_table);\n')


main()
