/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dumping a guest to a file: the stream of its state, or its memory as a core that crash(8) reads.
 */
#include "drivers/qemu/domain-dump.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-life.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/domain-stop.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/driver-save.h"
#include "drivers/qemu/move-out.h"
#include "drivers/qemu/save-file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The phase in the status file: the file is not complete. */
#define DUMP_WRITING 1u

#define AFTERWARDS (VIRTCPU_DUMP_FLAG_CRASH | VIRTCPU_DUMP_FLAG_LIVE | VIRTCPU_DUMP_FLAG_RESET)
#define FD_NAME    "virtcpu-dump"
#define MIB        (1024u * 1024u)

/* QEMU's names. */
static const char *const format_words[VIRTCPU_DUMP_FORMAT_LAST] = {
    [VIRTCPU_DUMP_FORMAT_RAW] = "elf",
    [VIRTCPU_DUMP_FORMAT_KDUMP_ZLIB] = "kdump-zlib",
    [VIRTCPU_DUMP_FORMAT_KDUMP_LZO] = "kdump-lzo",
    [VIRTCPU_DUMP_FORMAT_KDUMP_SNAPPY] = "kdump-snappy",
    [VIRTCPU_DUMP_FORMAT_WIN_DMP] = "win-dmp",
};

/* What is asked for. */
typedef struct {
    const char *place; /* resolved */
    unsigned format, flags;
} Dump;

static gboolean
check_request(unsigned format, unsigned flags, GError **error)
{
    unsigned after = flags & AFTERWARDS;

    if (after & (after - 1)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("crash, live and reset exclude each other: the guest can only do one "
                            "of them after a dump"));
        return FALSE;
    }
    if (format >= VIRTCPU_DUMP_FORMAT_LAST) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("unknown dump format %u"), format);
        return FALSE;
    }
    if (format != VIRTCPU_DUMP_FORMAT_RAW && !(flags & VIRTCPU_DUMP_FLAG_MEMORY_ONLY)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("kdump-compressed format is only supported with memory-only dump"));
        return FALSE;
    }
    return TRUE;
}

static void
set_dump_status(VirtCpuDomain *domain, VirtCpuDumpStatus status)
{
    g_mutex_lock(&domain->lock);
    if (domain->run) {
        domain->run->dump = status;
    }
    g_mutex_unlock(&domain->lock);
}

/* Under the domain's lock. */
static gboolean
has_ended(VirtCpuDomain *domain, gpointer user_data)
{
    return domain->run && domain->run->dump > VIRTCPU_DUMP_ACTIVE;
}

static gboolean
begin_memory_dump(VirtCpuDomain *domain, int fd, unsigned format, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();

    virtcpu_json_set_bool(arguments, "paging", FALSE);
    virtcpu_json_set_string(arguments, "protocol", "fd:" FD_NAME);
    virtcpu_json_set_bool(arguments, "detach", TRUE);
    if (format != VIRTCPU_DUMP_FORMAT_RAW) {
        virtcpu_json_set_string(arguments, "format", format_words[format]);
    }
    return virtcpu_domain_give_fd(domain, FD_NAME, fd, error) &&
           virtcpu_domain_execute(domain, "dump-guest-memory", arguments, NULL, error);
}

/* QEMU pauses the guest meanwhile, and lets it go on by itself. */
static gboolean
write_memory(VirtCpuDomain *domain, int fd, unsigned format, VirtCpuOperationProgress *progress,
             GError **error)
{
    gboolean done;

    set_dump_status(domain, VIRTCPU_DUMP_ACTIVE);
    done = begin_memory_dump(domain, fd, format, error) &&
           virtcpu_domain_operation_wait(domain, has_ended, NULL, 0, error) &&
           virtcpu_domain_operation_ask(domain, progress, error);
    if (done && domain->run->dump == VIRTCPU_DUMP_FAILED) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("memory-only dump failed: QEMU could not write all of it"));
        done = FALSE;
    }
    set_dump_status(domain, VIRTCPU_DUMP_NONE);
    return done;
}

static gboolean
write_stream(VirtCpuDomain *domain, int fd, VirtCpuOperationProgress *progress, GError **error)
{
    g_autoptr(VirtCpuJson) parameters = virtcpu_json_new_object();
    VirtCpuMoveOut out = { .fd = fd, .parameters = parameters };

    virtcpu_json_set(parameters, "max-bandwidth",
                     virtcpu_json_new_uint(virtcpu_domain_max_speed(domain) * MIB));
    return virtcpu_move_out(domain, &out, error) &&
           virtcpu_domain_operation_ask(domain, progress, error);
}

/* All of it into @fd and on disk. */
static gboolean
write_all(VirtCpuDomain *domain, const Dump *wanted, int fd, GError **error)
{
    VirtCpuOperationProgress progress;

    if (virtcpu_domain_get_state(domain) == VIRTCPU_DOMAIN_RUNNING &&
        !(wanted->flags & VIRTCPU_DUMP_FLAG_LIVE) &&
        !virtcpu_domain_pause(domain, VIRTCPU_PAUSED_DUMP, VIRTCPU_SUSPENDED_PAUSED, error)) {
        return FALSE;
    }
    if (!(wanted->flags & VIRTCPU_DUMP_FLAG_MEMORY_ONLY
              ? write_memory(domain, fd, wanted->format, &progress, error)
              : write_stream(domain, fd, &progress, error))) {
        return FALSE;
    }
    if (fsync(fd) != 0) {
        virtcpu_error_set_errno(error, errno, _("Failed to write file '%s'"), wanted->place);
        return FALSE;
    }
    if (wanted->flags & VIRTCPU_DUMP_FLAG_BYPASS_CACHE) {
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    }
    virtcpu_domain_operation_completed(domain, &progress, VIRTCPU_JOB_COMPLETED);
    return TRUE;
}

static gboolean
finish(VirtCpuDomain *domain, unsigned flags, GError **error)
{
    if (flags & VIRTCPU_DUMP_FLAG_CRASH) {
        return virtcpu_domain_end_run(domain, VIRTCPU_SHUTOFF_CRASHED, VIRTCPU_STOPPED_CRASHED,
                                      error);
    }
    if ((flags & VIRTCPU_DUMP_FLAG_RESET) &&
        !virtcpu_domain_execute(domain, "system_reset", NULL, NULL, error)) {
        return FALSE;
    }
    if (virtcpu_domain_operation_must_resume(domain) &&
        !virtcpu_domain_cont(domain, VIRTCPU_RUNNING_UNPAUSED, error)) {
        return FALSE;
    }
    return virtcpu_domain_operation_set_phase(domain, 0, FALSE, NULL, error);
}

/* A dump of memory cannot be cancelled, and QEMU lets no guest go on before its end. FALSE when
 * that is not waited for, as the daemon ends. */
static gboolean
wait_for_memory(VirtCpuDomain *domain)
{
    g_autoptr(VirtCpuJson) reply = NULL;
    g_autoptr(GError) error = NULL;

    set_dump_status(domain, VIRTCPU_DUMP_ACTIVE);
    if (!virtcpu_domain_execute(domain, "query-dump", NULL, &reply, &error) ||
        (g_strcmp0(virtcpu_json_get_string(reply, "status"), "active") == 0 &&
         !virtcpu_domain_operation_wait(domain, has_ended, NULL, 0, &error))) {
        g_message("The dump of domain '%s' may be under way: %s", domain->name, error->message);
    }
    set_dump_status(domain, VIRTCPU_DUMP_NONE);
    return !g_error_matches(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_ABORTED);
}

/* Back to the guest. What a daemon that ends leaves is in the status for the next one. */
static void
roll_back(VirtCpuDomain *domain, const char *place)
{
    virtcpu_save_file_drop(place, domain->uuid);
    if (domain->run && !wait_for_memory(domain)) {
        return;
    }
    virtcpu_move_out_undo(domain, VIRTCPU_RUNNING_UNPAUSED);
}

/* The operation is marked. */
static gboolean
dump(VirtCpuDomain *domain, const Dump *wanted, GError **error)
{
    const gboolean did_run = virtcpu_domain_get_state(domain) == VIRTCPU_DOMAIN_RUNNING;
    g_auto(VirtCpuFd) fd = -1;

    if (!virtcpu_domain_is_active(domain)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
        return FALSE;
    }
    if (!virtcpu_domain_operation_set_phase(domain, DUMP_WRITING, did_run, wanted->place, error)) {
        return FALSE;
    }
    fd = virtcpu_save_file_open(wanted->place, domain->uuid, error);
    if (fd < 0 || !write_all(domain, wanted, fd, error) ||
        !virtcpu_save_file_put(wanted->place, domain->uuid, error)) {
        roll_back(domain, wanted->place);
        return FALSE;
    }
    return finish(domain, wanted->flags, error);
}

gboolean
virtcpu_driver_dump(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], const char *path,
                    unsigned format, unsigned flags, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);
    g_autofree char *place = NULL;
    gboolean dumped;

    if (!domain || !check_request(format, flags, error)) {
        return FALSE;
    }
    place = virtcpu_save_file_resolve(path, error);
    if (!place || !virtcpu_domain_operation_begin(domain, VIRTCPU_OPERATION_DUMP, 0, error)) {
        return FALSE;
    }
    dumped = dump(domain, &(Dump){ .place = place, .format = format, .flags = flags }, error);
    virtcpu_domain_operation_end(domain);
    return dumped;
}

void
virtcpu_domain_dump_recover(VirtCpuDomain *domain)
{
    g_autofree char *place = g_strdup(domain->operation.path);

    if (place) {
        roll_back(domain, place);
    }
    virtcpu_domain_operation_end(domain);
}

void
virtcpu_domain_dump_recover_unseen(const VirtCpuDomainStatus *status)
{
    if (status->operation == VIRTCPU_OPERATION_DUMP && status->path) {
        virtcpu_save_file_drop(status->path, status->uuid);
    }
}
