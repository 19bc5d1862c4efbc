/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the methods of org.virtcpu.Daemon1 that take options do. */
#pragma once

#include "drivers/qemu/driver.h"

#include <gio/gio.h>

/* How far a request is: @subject was dealt with or, when @failed, could not be. Any thread, one
 * call at a time. */
typedef void (*VirtCpuDbusProgressFunc)(const char *subject, guint done, guint total,
                                        gboolean failed, gpointer user_data);

/* One call as a worker sees it; transfer none. */
typedef struct {
    VirtCpuDriver *driver;
    GVariant *options; /* checked */
    gboolean trusted;  /* the caller may have any QEMU run */
    GCancellable *cancel;
    VirtCpuDbusProgressFunc progress;
    gpointer user_data;
} VirtCpuDbusRequest;

typedef struct {
    const char *method;
    const char *const *options; /* that it knows besides "job", NULL-terminated */
    const char *action;         /* of polkit that it takes; NULL: open to all */
    const char *action_option;  /* it takes it only where this option is true; NULL: always */
    /* Do it: a document (transfer full), or NULL with @error set. Blocks: workers only. */
    VirtCpuJson *(*run)(const VirtCpuDbusRequest *request, GError **error);
} VirtCpuDbusVerb;

/* The verb behind @method, or NULL. */
const VirtCpuDbusVerb *virtcpu_dbus_verb_find(const char *method);
