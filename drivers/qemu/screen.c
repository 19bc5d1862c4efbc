/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures of a guest's screens, and connections to its graphics servers. */
#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"
#include "drivers/qemu/console.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/driver-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* A screen of 8192 by 8192 pixels without compression takes 192 MiB. */
#define PICTURE_MAX_BYTES (256 * 1024 * 1024)
#define GRAPHICS_FD_NAME  "graphicsfd"

/* The card that drives screen @screen, and which of its heads; NULL with @error set for none. */
static const VirtCpuVideoDef *
find_head(const VirtCpuDomainDef *def, unsigned screen, unsigned *head, GError **error)
{
    unsigned left = screen;
    gboolean any = FALSE;

    for (guint i = 0; i < def->videos->len; i++) {
        const VirtCpuVideoDef *video = g_ptr_array_index(def->videos, i);
        const unsigned heads = MAX(video->heads, 1);

        if (g_strcmp0(video->model, "none") == 0) {
            continue;
        }
        any = TRUE;
        if (left < heads) {
            *head = left;
            return video;
        }
        left -= heads;
    }
    if (any) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("no such screen ID"));
    } else {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("no screens to take screenshot from"));
    }
    return NULL;
}

/* Where the screen is, as screendump takes it (transfer full). */
static VirtCpuJson *
screendump_arguments(VirtCpuDomain *domain, unsigned screen, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);
    unsigned head = 0;
    const VirtCpuVideoDef *video = find_head(domain->live, screen, &head, error);
    VirtCpuJson *arguments;

    if (video == NULL) {
        return NULL;
    }
    arguments = virtcpu_json_new_object();
    /* a board's own card has no name */
    if (video->info.alias != NULL && screen > 0) {
        virtcpu_json_set_string(arguments, "device", video->info.alias);
        virtcpu_json_set_int(arguments, "head", head);
    }
    return arguments;
}

/* PNG from a QEMU that has it, which only asking tells. */
static gboolean
dump_screen(VirtCpuDomain *domain, VirtCpuJson *arguments, const char **mime, GError **error)
{
    g_autoptr(VirtCpuJson) plain = virtcpu_json_copy(arguments);
    g_autoptr(GError) reason = NULL;

    virtcpu_json_set_string(arguments, "format", "png");
    *mime = "image/png";
    if (virtcpu_domain_execute(domain, "screendump", arguments, NULL, &reason)) {
        return TRUE;
    }
    *mime = "image/x-portable-pixmap";
    return virtcpu_domain_execute(domain, "screendump", plain, NULL, error);
}

/* Give QEMU @fd, writable, as a path; the set's number goes into @arguments. */
static gboolean
lend_file(VirtCpuDomain *domain, int fd, VirtCpuJson *arguments, gint64 *set, GError **error)
{
    g_autofree char *self = g_strdup_printf("/proc/self/fd/%d", fd);
    /* QEMU wants one that is open for writing and for nothing else */
    g_auto(VirtCpuFd) writable = open(self, O_WRONLY | O_CLOEXEC);
    g_autoptr(VirtCpuJson) reply = NULL;
    g_autofree char *path = NULL;

    if (writable < 0) {
        virtcpu_error_set_errno(error, errno, _("cannot open a file for the picture"));
        return FALSE;
    }
    if (!virtcpu_qmp_execute_with_fd(domain->run->qmp, "add-fd", NULL, writable,
                                     domain->driver->monitor_timeout_ms, &reply, error)) {
        return FALSE;
    }
    if (!virtcpu_json_get_int(reply, "fdset-id", set)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("QEMU does not say where it put a descriptor"));
        return FALSE;
    }
    path = g_strdup_printf("/dev/fdset/%" G_GINT64_FORMAT, *set);
    virtcpu_json_set_string(arguments, "filename", path);
    return TRUE;
}

static void
take_file_back(VirtCpuDomain *domain, gint64 set)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    g_autoptr(GError) error = NULL;

    virtcpu_json_set_int(arguments, "fdset-id", set);
    if (!virtcpu_domain_execute(domain, "remove-fd", arguments, NULL, &error)) {
        g_message("QEMU of domain '%s' keeps a picture open: %s", domain->name, error->message);
    }
}

static gboolean
check_picture(int fd, GError **error)
{
    struct stat about;

    if (fstat(fd, &about) != 0 || lseek(fd, 0, SEEK_SET) != 0) {
        virtcpu_error_set_errno(error, errno, _("cannot read the picture"));
        return FALSE;
    }
    if (about.st_size > 0 && about.st_size <= PICTURE_MAX_BYTES) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, _("QEMU made a picture of %zu bytes"),
                      (gsize)about.st_size);
    return FALSE;
}

/* The job is held. */
static gboolean
take_picture(VirtCpuDomain *domain, int fd, unsigned screen, const char **mime, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = screendump_arguments(domain, screen, error);
    gint64 set = 0;
    gboolean done;

    if (arguments == NULL || !lend_file(domain, fd, arguments, &set, error)) {
        return FALSE;
    }
    done = dump_screen(domain, arguments, mime, error);
    take_file_back(domain, set);
    return done && check_picture(fd, error);
}

int
virtcpu_driver_screenshot(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                          unsigned screen, const char **mime, GError **error)
{
    VirtCpuDomain *domain = virtcpu_driver_begin_active_job(driver, uuid, error);
    g_auto(VirtCpuFd) fd = -1;
    gboolean done = FALSE;

    if (domain == NULL) {
        return -1;
    }
    /* a file without a name is left behind by no crash */
    fd = memfd_create("screenshot", MFD_CLOEXEC);
    if (fd < 0) {
        virtcpu_error_set_errno(error, errno, _("cannot make a file for the picture"));
    } else {
        done = take_picture(domain, fd, screen, mime, error);
    }
    virtcpu_driver_end_job(domain);
    return done ? g_steal_fd(&fd) : -1;
}

static gboolean
check_socket(int fd, GError **error)
{
    struct stat about;

    if (fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode)) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                      _("the file descriptor for graphics is no socket"));
    return FALSE;
}

/* What clients of the graphics device @index speak; NULL when there is none. */
static const char *
find_protocol(VirtCpuDomain *domain, unsigned index, GError **error)
{
    const char *protocol = NULL;

    g_mutex_lock(&domain->lock);
    if (index < domain->live->graphics->len) {
        const VirtCpuGraphicsDef *graphics = g_ptr_array_index(domain->live->graphics, index);

        protocol = graphics->is_spice ? "spice" : "vnc";
    }
    g_mutex_unlock(&domain->lock);
    if (protocol == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("No graphics backend with index %u"),
                          index);
    }
    return protocol;
}

/* The job is held. */
static gboolean
add_client(VirtCpuDomain *domain, const char *protocol, int fd, gboolean skip_auth, GError **error)
{
    g_autoptr(VirtCpuJson) client = virtcpu_json_new_object();

    virtcpu_json_set_string(client, "protocol", protocol);
    virtcpu_json_set_string(client, "fdname", GRAPHICS_FD_NAME);
    virtcpu_json_set_bool(client, "skipauth", skip_auth);
    if (!virtcpu_domain_give_fd(domain, GRAPHICS_FD_NAME, fd, error)) {
        return FALSE;
    }
    if (virtcpu_domain_execute(domain, "add_client", client, NULL, error)) {
        return TRUE;
    }
    /* the name must be free for the next client */
    virtcpu_domain_take_fd_back(domain, GRAPHICS_FD_NAME);
    return FALSE;
}

gboolean
virtcpu_driver_open_graphics(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                             unsigned index, int fd, gboolean skip_auth, GError **error)
{
    VirtCpuDomain *domain;
    const char *protocol;
    gboolean done;

    if (!check_socket(fd, error)) {
        return FALSE;
    }
    domain = virtcpu_driver_begin_active_job(driver, uuid, error);
    if (domain == NULL) {
        return FALSE;
    }
    protocol = find_protocol(domain, index, error);
    done = protocol != NULL && add_client(domain, protocol, fd, skip_auth, error);
    virtcpu_driver_end_job(domain);
    return done;
}
