/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the source of a migration asks its destination afterwards: a line of fixed length that names
 * the domain and knows the migration's secret; one character is the answer. */
#pragma once

#include "conf/domain-def.h"
#include "drivers/qemu/migrate-peer.h"

/* Characters of a migration's secret, hexadecimal digits. */
#define VIRTCPU_MIGRATE_SECRET_CHARS 64
/* The protocol's name and version, the UUID, a blank, the secret. */
#define VIRTCPU_MIGRATE_QUESTION_BYTES (16 + 36 + 1 + VIRTCPU_MIGRATE_SECRET_CHARS)

/* The question for domain @uuid (transfer full), or NULL when @secret is none. Any thread. */
char *virtcpu_migrate_question_format(const guint8 uuid[VIRTCPU_UUID_BYTES],
                                      const char *secret) G_GNUC_WARN_UNUSED_RESULT;

/* Take the VIRTCPU_MIGRATE_QUESTION_BYTES at @text apart, from whomever they came; FALSE when they
 * are no question. Any thread. */
gboolean virtcpu_migrate_question_parse(const char *text, guint8 uuid[VIRTCPU_UUID_BYTES],
                                        char secret[VIRTCPU_MIGRATE_SECRET_CHARS + 1])
    G_GNUC_WARN_UNUSED_RESULT;

/* The character for @answer, which is not RUNS. */
char virtcpu_migrate_answer_to_char(VirtCpuPeerAnswer answer);

/* FALSE when @said is no answer. */
gboolean virtcpu_migrate_answer_from_char(char said,
                                          VirtCpuPeerAnswer *answer) G_GNUC_WARN_UNUSED_RESULT;
