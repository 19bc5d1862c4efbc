/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes to the port where destinations are asked: what is taken for a question is asked again
 * in the same words, but for how its UUID is spelt. */
#include "drivers/qemu/migrate-question.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    char text[VIRTCPU_MIGRATE_QUESTION_BYTES] = { 0 };
    guint8 uuid[VIRTCPU_UUID_BYTES], second[VIRTCPU_UUID_BYTES];
    char secret[VIRTCPU_MIGRATE_SECRET_CHARS + 1], again[VIRTCPU_MIGRATE_SECRET_CHARS + 1];
    g_autofree char *written = NULL;
    VirtCpuPeerAnswer answer;

    if (size > 0 && virtcpu_migrate_answer_from_char((char)data[0], &answer)) {
        g_assert_cmpint(virtcpu_migrate_answer_to_char(answer), ==, (char)data[0]);
    }
    memcpy(text, data, MIN(size, sizeof(text)));
    if (!virtcpu_migrate_question_parse(text, uuid, secret)) {
        return 0;
    }
    written = virtcpu_migrate_question_format(uuid, secret);
    g_assert_cmpuint(strlen(written), ==, VIRTCPU_MIGRATE_QUESTION_BYTES);
    g_assert_true(virtcpu_migrate_question_parse(written, second, again));
    g_assert_cmpmem(second, sizeof(second), uuid, sizeof(uuid));
    g_assert_cmpstr(again, ==, secret);
    return 0;
}
