/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-question.h"

#include <string.h>

#define GREETING       "virtcpu-where/1 "
#define GREETING_BYTES (sizeof(GREETING) - 1)
#define UUID_CHARS     36
G_STATIC_ASSERT(VIRTCPU_MIGRATE_QUESTION_BYTES ==
                GREETING_BYTES + UUID_CHARS + 1 + VIRTCPU_MIGRATE_SECRET_CHARS);

static const char answers[] = {
    [VIRTCPU_PEER_HAS_NONE] = '-',
    [VIRTCPU_PEER_HOLDS] = '?',
    [VIRTCPU_PEER_HAS] = '+',
};

static gboolean
is_secret(const char *text)
{
    return strlen(text) == VIRTCPU_MIGRATE_SECRET_CHARS &&
           strspn(text, "0123456789abcdef") == VIRTCPU_MIGRATE_SECRET_CHARS;
}

char *
virtcpu_migrate_question_format(const guint8 uuid[VIRTCPU_UUID_BYTES], const char *secret)
{
    g_autofree char *name = virtcpu_uuid_to_string(uuid);

    return is_secret(secret) ? g_strconcat(GREETING, name, " ", secret, NULL) : NULL;
}

gboolean
virtcpu_migrate_question_parse(const char *text, guint8 uuid[VIRTCPU_UUID_BYTES],
                               char secret[VIRTCPU_MIGRATE_SECRET_CHARS + 1])
{
    g_autofree char *name = g_strndup(text + GREETING_BYTES, UUID_CHARS);

    memcpy(secret, text + GREETING_BYTES + UUID_CHARS + 1, VIRTCPU_MIGRATE_SECRET_CHARS);
    secret[VIRTCPU_MIGRATE_SECRET_CHARS] = '\0';
    return memcmp(text, GREETING, GREETING_BYTES) == 0 && strlen(name) == UUID_CHARS &&
           text[GREETING_BYTES + UUID_CHARS] == ' ' && virtcpu_uuid_from_string(name, uuid) &&
           is_secret(secret);
}

char
virtcpu_migrate_answer_to_char(VirtCpuPeerAnswer answer)
{
    return answers[answer];
}

gboolean
virtcpu_migrate_answer_from_char(char said, VirtCpuPeerAnswer *answer)
{
    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
        if (answers[i] == said) {
            *answer = (VirtCpuPeerAnswer)i;
            return TRUE;
        }
    }
    return FALSE;
}
