/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which daemon a verb asks. */
#pragma once

#include <gio/gio.h>

/* What stood before the verb; NULL: nothing (transfer none). */
typedef struct {
    const char *uri;  /* of -c */
    const char *root; /* of --root */
} ToolConnect;

/* TRUE when a daemon was named, so that it and no file or QEMU of one's own is to be asked. */
gboolean tool_connect_is_given(const ToolConnect *connect);

/* The URI for libvirt: the one named; or of the daemon below the root; or of the local one, which
 * is the system's, but a user's own where its socket is there (transfer full). */
char *tool_connect_uri(const ToolConnect *connect) G_GNUC_WARN_UNUSED_RESULT;

/* Where that daemon is on D-Bus: an address of a bus (transfer full). Errors: NO_SUPPORT for a
 * daemon on another machine; INVALID_ARG for a URI that is no virtcpud's; NO_CONNECT when there is
 * no bus. */
char *tool_connect_bus(const ToolConnect *connect, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE with INVALID_ARG when a daemon is named and @option was given, too, which only offline work
 * knows. */
gboolean tool_connect_check_offline(const ToolConnect *connect, const char *option, gboolean given,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
