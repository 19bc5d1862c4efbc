#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run rpcgen in a folder of its own, under a name it can make an include guard of: it writes its
input's path into #include and #ifndef as it stands.

usage: run-rpcgen.py RPCGEN -h|-c INPUT.x OUTPUT
"""

import os
import shutil
import subprocess
import sys
import tempfile

rpcgen, mode, source, output = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    name = os.path.basename(source).replace('-', '_')
    shutil.copy(source, os.path.join(folder, name))
    text = subprocess.run([rpcgen, mode, name], cwd=folder, check=True, stdout=subprocess.PIPE,
                          text=True).stdout
with open(output, 'w', encoding='utf-8') as out:
    out.write(text)
