/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/move-status.h"

static const struct {
    const char *word;
    VirtCpuMoveStatus status;
} words[] = {
    { "none", VIRTCPU_MOVE_NONE },
    { "setup", VIRTCPU_MOVE_SETUP },
    { "active", VIRTCPU_MOVE_ACTIVE },
    { "postcopy-active", VIRTCPU_MOVE_POSTCOPY },
    { "postcopy-paused", VIRTCPU_MOVE_POSTCOPY_PAUSED },
    { "postcopy-recover", VIRTCPU_MOVE_POSTCOPY_RECOVER },
    { "pre-switchover", VIRTCPU_MOVE_PRE_SWITCHOVER },
    { "device", VIRTCPU_MOVE_DEVICE },
    { "cancelling", VIRTCPU_MOVE_CANCELLING },
    { "completed", VIRTCPU_MOVE_COMPLETED },
    { "failed", VIRTCPU_MOVE_FAILED },
    { "cancelled", VIRTCPU_MOVE_CANCELLED },
};

VirtCpuMoveStatus
virtcpu_move_status_from_word(const char *word)
{
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_strcmp0(word, words[i].word) == 0) {
            return words[i].status;
        }
    }
    return VIRTCPU_MOVE_OTHER;
}

gboolean
virtcpu_move_status_is_final(VirtCpuMoveStatus status)
{
    return status == VIRTCPU_MOVE_COMPLETED || status == VIRTCPU_MOVE_FAILED ||
           status == VIRTCPU_MOVE_CANCELLED || status == VIRTCPU_MOVE_POSTCOPY_PAUSED;
}

gboolean
virtcpu_move_status_is_postcopy(VirtCpuMoveStatus status)
{
    return status == VIRTCPU_MOVE_POSTCOPY || status == VIRTCPU_MOVE_POSTCOPY_PAUSED ||
           status == VIRTCPU_MOVE_POSTCOPY_RECOVER;
}
