/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks in the background what nobody has asked yet: every model under every machine type of every
 * installed QEMU, one question at a time and behind whatever clients want. */
#pragma once

#include "drivers/qemu/cache.h"

typedef struct _VirtCpuQemuMatrixFiller VirtCpuQemuMatrixFiller;

/* Begin, in a thread of its own. @cache (transfer none) must outlive it. What is learnt is kept as
 * it comes, so that the next daemon goes on where this one ended. Returns (transfer full). */
VirtCpuQemuMatrixFiller *
virtcpu_qemu_matrix_filler_new(VirtCpuQemuCache *cache) G_GNUC_WARN_UNUSED_RESULT;

/* Binaries may have changed: look through them again. Any thread. */
void virtcpu_qemu_matrix_filler_poke(VirtCpuQemuMatrixFiller *filler);

/* End @filler (may be NULL), when the cache was cancelled at once, else after the question under
 * way. */
void virtcpu_qemu_matrix_filler_free(VirtCpuQemuMatrixFiller *filler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuQemuMatrixFiller, virtcpu_qemu_matrix_filler_free)
