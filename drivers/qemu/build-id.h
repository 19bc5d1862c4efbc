/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the linker calls one build of a program. */
#pragma once

#include <glib.h>

/* The build ID that the ELF program open at @fd carries, in hexadecimal (transfer full); NULL when
 * it has none or is no ELF program of this machine's kind: a script, a torn file. At most some 70
 * kB are read, wherever the file says that they are. @fd's position stays. Any thread. Source: ELF
 * notes, NT_GNU_BUILD_ID in <elf.h>. */
char *virtcpu_build_id_read(int fd) G_GNUC_WARN_UNUSED_RESULT;
