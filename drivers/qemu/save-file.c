/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/save-file.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/save-bytes.h"
#include "drivers/qemu/state-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
virtcpu_save_file_free(VirtCpuSaveFile *file)
{
    if (!file) {
        return;
    }
    virtcpu_fd_close(file->fd);
    g_free(file->place);
    g_free(file);
}

/* A domain is saved to one place at a time, so its UUID makes the name its own. */
static char *
temporary_path(const char *place, const guint8 uuid[VIRTCPU_UUID_BYTES])
{
    g_autofree char *folder = g_path_get_dirname(place);
    g_autofree char *name = virtcpu_uuid_to_string(uuid);

    return g_strdup_printf("%s/.virtcpu-%s.part", folder, name);
}

char *
virtcpu_save_file_resolve(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    char *whole = realpath(path, NULL);
    char *resolved = NULL;
    struct stat info;

    if (whole) {
        if (stat(whole, &info) == 0 && !S_ISREG(info.st_mode)) {
            virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                              _("'%s' is no regular file: only to such a file can a guest's state "
                                "be saved"),
                              path);
        } else {
            resolved = g_strdup(whole);
        }
        free(whole);
        return resolved;
    }
    whole = errno == ENOENT ? realpath(folder, NULL) : NULL;
    if (!whole || path[0] != '/' || g_str_has_suffix(path, "/")) {
        virtcpu_error_set_errno(error, whole ? EINVAL : errno, _("Failed to create file '%s'"),
                                path);
    } else {
        resolved = g_build_filename(whole, name, NULL);
    }
    free(whole);
    return resolved;
}

static gboolean
begin(VirtCpuSaveFile *file, const VirtCpuSaveDocuments *documents)
{
    VirtCpuSaveHeader *header = &file->header;
    g_autofree char *both = g_strconcat(documents->definition, documents->passport, NULL);
    gsize length = strlen(both);
    guint8 bytes[VIRTCPU_SAVE_HEADER_BYTES];

    header->flags = documents->running ? VIRTCPU_SAVE_RUNNING : 0;
    header->documents_offset = VIRTCPU_SAVE_ROOM_OFFSET;
    header->definition_bytes = (guint32)strlen(documents->definition);
    header->passport_bytes = (guint32)length - header->definition_bytes;
    header->documents_crc = virtcpu_crc32c(0, both, length);
    header->stream_offset = virtcpu_save_header_stream_offset(length);
    virtcpu_save_header_write(header, bytes);
    return virtcpu_save_bytes_write(file->fd, 0, bytes, sizeof(bytes)) &&
           virtcpu_save_bytes_write(file->fd, header->documents_offset, both, length) &&
           lseek(file->fd, (off_t)header->stream_offset, SEEK_SET) >= 0;
}

int
virtcpu_save_file_open(const char *place, const guint8 uuid[VIRTCPU_UUID_BYTES], GError **error)
{
    g_autofree char *temporary = temporary_path(place, uuid);
    int fd = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0) {
        virtcpu_error_set_errno(error, errno, _("Failed to create file '%s'"), place);
    }
    return fd;
}

VirtCpuSaveFile *
virtcpu_save_file_new(const char *place, const guint8 uuid[VIRTCPU_UUID_BYTES],
                      const VirtCpuSaveDocuments *documents, GError **error)
{
    g_autoptr(VirtCpuSaveFile) file = g_new0(VirtCpuSaveFile, 1);

    file->place = g_strdup(place);
    file->fd = virtcpu_save_file_open(place, uuid, error);
    if (file->fd < 0) {
        return NULL;
    }
    if (strlen(documents->definition) > VIRTCPU_SAVE_DOCUMENT_MAX ||
        (documents->passport && strlen(documents->passport) > VIRTCPU_SAVE_DOCUMENT_MAX)) {
        errno = EFBIG;
    } else if (begin(file, documents)) {
        return g_steal_pointer(&file);
    }
    virtcpu_error_set_errno(error, errno, _("Failed to write file '%s'"), place);
    virtcpu_save_file_drop(place, uuid);
    return NULL;
}

/* Read back how the file of another daemon begins. Sets errno; EBADMSG for what is not so. */
static gboolean
read_begin(VirtCpuSaveFile *file)
{
    VirtCpuSaveHeader *header = &file->header;
    guint8 bytes[VIRTCPU_SAVE_HEADER_BYTES];
    const gssize got = virtcpu_save_bytes_read(file->fd, 0, bytes, sizeof(bytes));
    guint32 crc;

    if (got < 0) {
        return FALSE;
    }
    if (!virtcpu_save_header_read_unfinished(bytes, (gsize)got, header, NULL)) {
        errno = EBADMSG;
        return FALSE;
    }
    if (!virtcpu_save_bytes_checksum(file->fd, header->documents_offset,
                                     (guint64)header->definition_bytes + header->passport_bytes,
                                     &crc)) {
        return FALSE;
    }
    errno = EBADMSG;
    return crc == header->documents_crc;
}

VirtCpuSaveFile *
virtcpu_save_file_reopen(const char *place, const guint8 uuid[VIRTCPU_UUID_BYTES], GError **error)
{
    g_autoptr(VirtCpuSaveFile) file = g_new0(VirtCpuSaveFile, 1);
    g_autofree char *temporary = temporary_path(place, uuid);

    file->place = g_strdup(place);
    file->fd = open(temporary, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file->fd < 0 || !read_begin(file)) {
        virtcpu_error_set_errno(error, errno, _("Cannot read file '%s'"), temporary);
        return NULL;
    }
    return g_steal_pointer(&file);
}

/* Fill in what is known of the stream now, and have all on disk. Sets errno. */
static gboolean
seal(VirtCpuSaveFile *file)
{
    VirtCpuSaveHeader *header = &file->header;
    guint8 bytes[VIRTCPU_SAVE_HEADER_BYTES];
    struct stat info;

    if (fstat(file->fd, &info) != 0) {
        return FALSE;
    }
    if (info.st_size <= (off_t)header->stream_offset) {
        errno = EIO; /* QEMU says that it wrote, and there is nothing */
        return FALSE;
    }
    header->stream_bytes = (guint64)info.st_size - header->stream_offset;
    if (!virtcpu_save_bytes_checksum(file->fd, header->stream_offset, header->stream_bytes,
                                     &header->stream_crc)) {
        return FALSE;
    }
    header->flags |= VIRTCPU_SAVE_COMPLETE;
    virtcpu_save_header_write(header, bytes);
    return virtcpu_save_bytes_write(file->fd, 0, bytes, sizeof(bytes)) && fsync(file->fd) == 0;
}

gboolean
virtcpu_save_file_finish(VirtCpuSaveFile *file, gboolean keep_cache, GError **error)
{
    /* the disk is at work while the checksum is taken */
    if (sync_file_range(file->fd, 0, 0, SYNC_FILE_RANGE_WRITE) != 0) {
        g_debug("'%s' is written late: %s", file->place, g_strerror(errno));
    }
    if (!seal(file)) {
        virtcpu_error_set_errno(error, errno, _("Failed to write file '%s'"), file->place);
        return FALSE;
    }
    if (!keep_cache) {
        (void)posix_fadvise(file->fd, 0, 0, POSIX_FADV_DONTNEED);
    }
    return TRUE;
}

gboolean
virtcpu_save_file_put(const char *place, const guint8 uuid[VIRTCPU_UUID_BYTES], GError **error)
{
    g_autofree char *temporary = temporary_path(place, uuid);

    if (rename(temporary, place) != 0 &&
        !(errno == ENOENT && g_file_test(place, G_FILE_TEST_IS_REGULAR))) {
        virtcpu_error_set_errno(error, errno, _("Cannot put file '%s' in place"), place);
        return FALSE;
    }
    if (!virtcpu_state_folder_sync(place, error)) {
        g_unlink(place); /* what may not be there after a crash must not be relied on */
        return FALSE;
    }
    return TRUE;
}

void
virtcpu_save_file_drop(const char *place, const guint8 uuid[VIRTCPU_UUID_BYTES])
{
    g_autofree char *temporary = temporary_path(place, uuid);

    if (g_unlink(temporary) != 0 && errno != ENOENT) {
        g_message("File '%s' stays behind: %s", temporary, g_strerror(errno));
    }
}
