/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtcpud.conf: one "key = value" a line, # comments, text in double quotes; a word
 * of a list may do without. */
#pragma once

#include "drivers/qemu/driver.h"

typedef struct {
    char *host_uuid;                               /* NULL: one is made */
    char *unix_sock_group;                         /* NULL: the daemon's own */
    char *unix_sock_rw_perms, *unix_sock_ro_perms; /* octal */
    char *qemu_search_path;                        /* NULL: the usual folders */
    unsigned max_clients, max_client_requests;
    unsigned max_workers, prio_workers;
    unsigned keepalive_interval, keepalive_count; /* seconds; 0: never */
    unsigned matrix_fill;                         /* 1: ask in the background */
    unsigned probe_timeout, monitor_timeout;      /* seconds; 0: the driver's own */
    unsigned cpu_form;                            /* VirtCpuCpuForm */
    unsigned verify_in_guest;                     /* VirtCpuProve */
    char *user, *group;                           /* of QEMUs; NULL: the usual ones */
    unsigned seccomp_sandbox;                     /* 0 off, 1 on, 2 where QEMU has it */
    unsigned log_level;                           /* 1 debug, 2 information, 3 warnings, 4 errors */
} VirtCpuConfig;

/* The defaults (transfer full). */
VirtCpuConfig *virtcpu_config_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* Free @config (may be NULL). */
void virtcpu_config_free(VirtCpuConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuConfig, virtcpu_config_free)

/* Set what @text says. Errors: CONFIG_UNSUPPORTED naming @file (for messages) and the line: an
 * unknown key, a value of the wrong kind or out of range. */
gboolean virtcpu_config_parse(VirtCpuConfig *config, const char *text, const char *file,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
