#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Make the dispatch table from the notes in virtcpu-rpc.x, and the rows of unserved.tsv.

usage: rpc-table.py virtcpu-rpc.x unserved.tsv OUT.h OUT.c

OUT.h declares one typed handler for each procedure (and a peek handler where the place says so, and
nothing where it says none), OUT.c the table of VirtCpuRpcProcedure. A procedure without a handler does not link; a note that
cannot be read fails the build. So does an unserved procedure that is served.
"""

import re
import sys

NOTE = re.compile(
    r'/\* (any|auth|ro|rw) (high|low) (main|quick|none|peek|work|long)( carry)?: (-|\w+) -> (-|\w+)(?: = (\w+))? \*/$')
NUMBER = re.compile(r'RPC_(REMOTE|QEMU)_(\w+) = (\d+),?$')
STAGE = {'any': 'ANY', 'auth': 'AUTHENTICATED', 'ro': 'OPEN', 'rw': 'OPEN'}
PROGRAMS = ['REMOTE', 'QEMU']
ANSWER_NONE = '''/* Zeroed results say "none". */
static gboolean
answer_none(gpointer conn, const void *args, void *ret, GError **error)
{
    return TRUE;
}

'''
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


def function(verb, program, name):
    return f'virtcpu_{verb}_' + ('qemu_' if program == 'QEMU' else '') + name.lower()


def declaration(verb, program, name, args, ret):
    out = ['VirtCpuConnection *conn']
    out += [f'const {args} *args'] if args != '-' else []
    out += [f'{ret} *ret'] if ret != '-' else []
    out += ['VirtCpuRpcCarry *carry'] if verb == 'carry' else []
    out += ['GError **error'] if verb != 'peek' else []
    return (f'gboolean {function(verb, program, name)}({", ".join(out)})'
            ' G_GNUC_WARN_UNUSED_RESULT;\n')


def wrapper(verb, program, name, args, ret):
    passed = ['conn'] + (['args'] if args != '-' else []) + (['ret'] if ret != '-' else [])
    passed += ['carry'] if verb == 'carry' else []
    passed += ['error'] if verb != 'peek' else []
    return (f'static gboolean\n{verb}_{program.lower()}_{name.lower()}(gpointer conn, '
            f'const void *args, void *ret{", VirtCpuRpcCarry *carry" if verb == "carry" else ""}'
            f'{", GError **error" if verb != "peek" else ""})\n{{\n'
            f'    return {function(verb, program, name)}({", ".join(passed)});\n}}\n\n')


def verbs(place, carry):
    if carry:
        return ['carry']
    return {'peek': ['handle', 'peek'], 'none': []}.get(place, ['handle'])


def row(program, name, number, stage, priority, place, carry, args, ret, api):
    flags = ['VIRTCPU_RPC_WRITE'] if stage == 'rw' else []
    flags += ['VIRTCPU_RPC_HIGH'] if priority == 'high' else []
    handlers = [f'{verb}_{program.lower()}_{name.lower()}' for verb in verbs(place, carry)]
    shapes = [f'sizeof({s}), (xdrproc_t)xdr_{s}' if s != '-' else '0, NULL' for s in (args, ret)]
    return (f'    {{ RPC_PROGRAM_{program}, {number}, "{api or api_name(name)}", '
            f'VIRTCPU_RPC_STAGE_{STAGE[stage]}, '
            f'VIRTCPU_RPC_PLACE_{"QUICK" if place == "none" else place.upper()}, '
            f'{" | ".join(flags) or "0"},\n      {shapes[0]}, {shapes[1]}, '
            + ('NULL, NULL, ' if carry else '')
            + ', '.join(handlers or ['answer_none'])
            + ' },\n')


def read_unserved(path):
    rows = []
    for text in open(path, encoding='utf-8'):
        if not text.startswith('#'):
            program, number, api = text.rstrip('\n').split('\t')
            rows.append((program, int(number), api))
    return rows


def unserved_row(program, number, api):
    return (f'    {{ RPC_PROGRAM_{program}, {number}, "{api}", VIRTCPU_RPC_STAGE_OPEN, '
            'VIRTCPU_RPC_PLACE_MAIN, 0,\n      0, NULL, 0, NULL, NULL, NULL, NULL },\n')


def table_rows(rows, unserved):
    """The text of all rows, sorted as they are looked up."""
    texts = {(program, int(number)): row(program, name, number, *note)
             for (program, name, number), note in rows}
    for program, number, api in unserved:
        if (program, number) in texts:
            sys.exit(f'{api} is served: take it out of unserved.tsv')
        texts[program, number] = unserved_row(program, number, api)
    return [texts[key] for key in sorted(texts, key=lambda key: (PROGRAMS.index(key[0]), key[1]))]


def main():
    rows, unserved = read(sys.argv[1]), read_unserved(sys.argv[2])
    with open(sys.argv[3], 'w', encoding='utf-8') as out:
        out.write('/* Made by rpc-table.py: one handler for each procedure. */\n#pragma once\n\n'
                  '#include "daemon/connection.h"\n#include "daemon/rpc-procedure.h"\n'
                  '#include "schemas/virtcpu_rpc.h"\n\n')
        for (program, name, _), (_, _, place, carry, args, ret, _) in rows:
            for verb in verbs(place, carry):
                out.write(declaration(verb, program, name, args, ret))
        out.write('\nextern const VirtCpuRpcProcedure virtcpu_rpc_table[];\n'
                  'extern const gsize virtcpu_rpc_table_length;\n')
    with open(sys.argv[4], 'w', encoding='utf-8') as out:
        out.write('/* Made by rpc-table.py. */\n#include "rpc-table.h"\n\n' + ANSWER_NONE)
        for (program, name, _), (_, _, place, carry, args, ret, _) in rows:
            for verb in verbs(place, carry):
                out.write(wrapper(verb, program, name, args, ret))
        out.write('const VirtCpuRpcProcedure virtcpu_rpc_table[] = {\n')
        out.writelines(table_rows(rows, unserved))
        out.write('};\n\nconst gsize virtcpu_rpc_table_length = G_N_ELEMENTS(virtcpu_rpc_table);\n')


main()
