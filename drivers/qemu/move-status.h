/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What QEMU says of a stream of its state: MigrationStatus of its QAPI. */
#pragma once

#include <glib.h>

typedef enum {
    VIRTCPU_MOVE_NONE, /* none was begun */
    VIRTCPU_MOVE_SETUP,
    VIRTCPU_MOVE_ACTIVE,
    VIRTCPU_MOVE_POSTCOPY,
    VIRTCPU_MOVE_POSTCOPY_PAUSED,
    VIRTCPU_MOVE_POSTCOPY_RECOVER,
    VIRTCPU_MOVE_PRE_SWITCHOVER,
    VIRTCPU_MOVE_DEVICE,
    VIRTCPU_MOVE_CANCELLING,
    VIRTCPU_MOVE_COMPLETED,
    VIRTCPU_MOVE_FAILED,
    VIRTCPU_MOVE_CANCELLED,
    VIRTCPU_MOVE_OTHER, /* a word of a later QEMU's: still under way */
} VirtCpuMoveStatus;

/* The status that QEMU calls @word; OTHER for a word unknown. */
VirtCpuMoveStatus virtcpu_move_status_from_word(const char *word);

/* TRUE when nothing more comes: COMPLETED, FAILED or CANCELLED, or POSTCOPY_PAUSED, as nobody here
 * asks QEMU to recover a post-copy whose connection broke off. */
gboolean virtcpu_move_status_is_final(VirtCpuMoveStatus status);

/* TRUE when the guest's place has changed and part of its memory has not: there is no way back. */
gboolean virtcpu_move_status_is_postcopy(VirtCpuMoveStatus status);
