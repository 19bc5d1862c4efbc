/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where QEMUs meet: tcp:HOST:PORT, tcp://HOST:PORT, unix:///PATH, unix:/PATH. */
#pragma once

#include <glib.h>

typedef struct {
    char *host; /* name or address, without brackets; NULL: unix */
    guint port; /* 0: none given */
    char *path; /* absolute; NULL: tcp */
} VirtCpuMigrationUri;

/* Free @uri (may be NULL). */
void virtcpu_migration_uri_free(VirtCpuMigrationUri *uri);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuMigrationUri, virtcpu_migration_uri_free)

/* Read @text. Errors: INVALID_ARG naming it, for what is no URI, has no host or path;
 * ARGUMENT_UNSUPPORTED for another scheme than tcp and unix (transfer full). Any thread. */
VirtCpuMigrationUri *virtcpu_migration_uri_parse(const char *text,
                                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* As libvirt writes it: "tcp:HOST:PORT", "unix:///PATH" (transfer full). */
char *virtcpu_migration_uri_format(const VirtCpuMigrationUri *uri) G_GNUC_WARN_UNUSED_RESULT;

/* As QEMU wants it: "tcp:[::1]:PORT", "unix:/PATH" (transfer full). */
char *virtcpu_migration_uri_to_qemu(const VirtCpuMigrationUri *uri) G_GNUC_WARN_UNUSED_RESULT;
