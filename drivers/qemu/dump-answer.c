/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/dump-answer.h"

#include "drivers/qemu/dump-proof.h"

VirtCpuJson *
virtcpu_dump_answer(const VirtCpuHost *host, VirtCpuQemuCache *cache,
                    const VirtCpuGuestQuestion *question, gboolean self_test, GError **error)
{
    g_auto(VirtCpuGuestSubject) subject = { 0 };
    g_auto(VirtCpuDump) dump = { 0 };
    g_auto(VirtCpuDumpProof) proof = { 0 };
    g_autoptr(VirtCpuJson) answer = NULL;
    VirtCpuGuestInput input;

    if (!virtcpu_guest_subject_init(&subject, host, cache, question, error)) {
        return NULL;
    }
    input = virtcpu_guest_subject_input(&subject);
    if (!virtcpu_dump_run(&input, &dump, error) ||
        (answer = virtcpu_dump_to_json(&dump, error)) == NULL) {
        return NULL;
    }
    if (self_test) {
        if (!virtcpu_dump_prove(&input, &dump, &proof, error)) {
            return NULL;
        }
        virtcpu_json_set(answer, "self-test", virtcpu_dump_proof_to_json(&proof));
    }
    return g_steal_pointer(&answer);
}
