/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-log.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/args.h"
#include "drivers/qemu/driver-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char *
log_path(VirtCpuDomain *domain)
{
    return g_strdup_printf("%s/%s.log", domain->driver->log_dir, domain->name);
}

VirtCpuFd
virtcpu_domain_log_open(VirtCpuDomain *domain, char **environment, char **argv, guint64 *end,
                        GError **error)
{
    g_autofree char *path = log_path(domain);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format(now, "%F %T+0000");
    g_autofree char *command = virtcpu_args_to_shell(environment, argv);
    g_autofree char *text = g_strdup_printf("%s: starting up\n%s\n", time, command);
    VirtCpuFd fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    off_t size;

    if (fd < 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot open log file '%s'"), path);
        return -1;
    }
    /* a full disk spoils the log, not the guest */
    if (write(fd, text, strlen(text)) < 0) {
        g_message("Cannot write log file '%s': %s", path, g_strerror(errno));
    }
    size = lseek(fd, 0, SEEK_END);
    *end = size > 0 ? (guint64)size : 0;
    return fd;
}

char *
virtcpu_domain_log_last_words(VirtCpuDomain *domain, guint64 from)
{
    g_autofree char *path = log_path(domain);
    g_auto(VirtCpuFd) fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    return fd < 0 ? g_strdup("") : virtcpu_process_last_words(fd, from);
}
