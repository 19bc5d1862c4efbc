/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt's API has no call for, asked of a daemon over D-Bus. */
#pragma once

#include "conf/json.h"
#include "tools/connect.h"

/* How far it is; see Progress in schemas/org.virtcpu.Daemon1.xml. */
typedef void (*ToolBusProgressFunc)(const char *subject, guint done, guint total, gboolean failed);

/* Have the daemon that @connect names answer @method with @options (a{sv}; floating or not, taken
 * over). @progress may be NULL. Returns the document (transfer full). Blocks for as long as it
 * takes; the daemon gives it up when this process ends. Errors: as tool_connect_bus, NO_CONNECT
 * when no daemon answers, and the daemon's own words. */
VirtCpuJson *tool_bus_call(const ToolConnect *connect, const char *method, GVariant *options,
                           ToolBusProgressFunc progress, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Put the text @value as option @name, unless it is NULL. */
void tool_bus_add_text(GVariantDict *options, const char *name, const char *value);

/* The same of @name with the path or plain name of a QEMU in @value: a path becomes absolute. */
void tool_bus_add_qemu(GVariantDict *options, const char *name, const char *value);

/* Put the texts @values (NULL-terminated) as option @name, unless they are NULL. */
void tool_bus_add_texts(GVariantDict *options, const char *name, char **values);

/* The same of paths and plain names of QEMUs, as tool_bus_add_qemu has them. */
void tool_bus_add_qemus(GVariantDict *options, const char *name, char **values);
