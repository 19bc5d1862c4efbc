/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What guests really see of each CPU model of a QEMU under each of its machine types. */
#pragma once

#include "drivers/qemu/cache.h"
#include "drivers/qemu/matrix-answer.h"

/* What is known of the QEMU that @caps describes by @wish, whose func is told of each cell as
 * "MACHINE MODEL": a document as virtcpu_qemu_matrix_answer has it. A content are the registers of
 * the first vCPU that are not 0: "0x7.0.ebx" for leaf, subleaf and register, "msr.0x10a"; values
 * are texts in hexadecimal. A model that QEMU refuses or aborts for has that end and its last words
 * as its refusal. With wish->ask guests are run for what is not known yet, as many at once as there
 * are cores; it is kept on disk as it is learnt, under the rules of the cache, so that a later call
 * goes on where this one was ended. @known and @count (out, may be NULL): how many of the cells
 * that were meant are known. Blocks. Errors: NO_SUPPORT for an architecture without firmware;
 * CONFIG_UNSUPPORTED for a machine type that QEMU has not; OPERATION_INVALID when nothing is known;
 * OPERATION_ABORTED; SYSTEM_ERROR when the binary is gone. */
VirtCpuJson *virtcpu_qemu_cache_guests(VirtCpuQemuCache *cache, const VirtCpuQemuCaps *caps,
                                       const VirtCpuQemuMatrixWish *wish, guint *known,
                                       guint *count, GError **error) G_GNUC_WARN_UNUSED_RESULT;
