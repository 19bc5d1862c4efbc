/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line of QMP: greeting, event, or the reply to a command. No I/O. */
#pragma once

#include "conf/json.h"

typedef enum {
    VIRTCPU_QMP_GREETING,
    VIRTCPU_QMP_EVENT,
    VIRTCPU_QMP_RETURN,
    VIRTCPU_QMP_ERROR,
} VirtCpuQmpMessageKind;

/* QMP's error classes (QapiErrorClass). */
typedef enum {
    VIRTCPU_QMP_CLASS_NONE, /* no error */
    VIRTCPU_QMP_CLASS_GENERIC,
    VIRTCPU_QMP_CLASS_COMMAND_NOT_FOUND,
    VIRTCPU_QMP_CLASS_DEVICE_NOT_ACTIVE,
    VIRTCPU_QMP_CLASS_DEVICE_NOT_FOUND,
    VIRTCPU_QMP_CLASS_KVM_MISSING_CAP,
    VIRTCPU_QMP_CLASS_OTHER, /* one this version of virtcpu does not know */
} VirtCpuQmpErrorClass;

/* A message as read; what is named below points into @root. */
typedef struct {
    VirtCpuQmpMessageKind kind;
    VirtCpuJson *root; /* the whole object */
    guint64 id;        /* RETURN, ERROR: the number virtcpu gave the command; 0: there was none */
    const char *event; /* EVENT: its name */
    gint64 seconds;    /* EVENT: time stamp; -1 when QEMU could not tell */
    gint64 micros;
    VirtCpuQmpErrorClass error_class; /* ERROR */
    const char *description;          /* ERROR: QEMU's sentence */
} VirtCpuQmpMessage;

/* Free @message (may be NULL). */
void virtcpu_qmp_message_free(VirtCpuQmpMessage *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuQmpMessage, virtcpu_qmp_message_free)

/* Read @line (@length bytes, without its newline). Returns (transfer full). Errors: INTERNAL_ERROR
 * quoting the start of a line that is no QMP. Any thread. */
VirtCpuQmpMessage *virtcpu_qmp_message_parse(const char *line, gsize length,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The line, newline included, that asks for @command with @arguments (may be NULL) under number
 * @id (transfer full). */
char *virtcpu_qmp_message_format(const char *command, const VirtCpuJson *arguments,
                                 guint64 id) G_GNUC_WARN_UNUSED_RESULT;

/* The text that number @id is for QEMU: no more than its digits, for QEMU reads its monitor a byte
 * at a time (transfer full). */
char *virtcpu_qmp_id_to_string(guint64 id) G_GNUC_WARN_UNUSED_RESULT;
