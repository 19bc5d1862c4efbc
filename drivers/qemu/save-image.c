/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/save-image.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/save-bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
virtcpu_save_image_free(VirtCpuSaveImage *image)
{
    if (!image) {
        return;
    }
    virtcpu_fd_close(image->fd);
    g_free(image->path);
    g_free(image->definition);
    g_free(image->passport);
    g_free(image);
}

/* Say @reason (transfer full) of file @path, unless the system, which names it, gave it. */
static void
set_refusal(const char *path, GError *reason, GError **error)
{
    if (reason->code == VIRTCPU_ERR_SYSTEM_ERROR) {
        g_propagate_error(error, reason);
        return;
    }
    virtcpu_error_set(error, reason->code, _("cannot use '%s': %s"), path, reason->message);
    g_error_free(reason);
}

static gboolean
read_header(VirtCpuSaveImage *image, GError **error)
{
    guint8 bytes[VIRTCPU_SAVE_HEADER_BYTES];
    struct stat info;
    gssize got;

    if (fstat(image->fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, _("it is no regular file"));
        return FALSE;
    }
    got = virtcpu_save_bytes_read(image->fd, 0, bytes, sizeof(bytes));
    if (got < 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot read file '%s'"), image->path);
        return FALSE;
    }
    return virtcpu_save_header_read(bytes, (gsize)got, (guint64)info.st_size, &image->header,
                                    error);
}

/* Documents are text: a NUL within would hide what is behind it. */
static gboolean
is_text(const char *document, gsize length)
{
    return strlen(document) == length && g_utf8_validate_len(document, length, NULL);
}

static gboolean
read_documents(VirtCpuSaveImage *image, GError **error)
{
    const VirtCpuSaveHeader *header = &image->header;
    gsize length = header->definition_bytes + header->passport_bytes;
    g_autofree char *bytes = g_malloc(length);

    if (virtcpu_save_bytes_read(image->fd, header->documents_offset, bytes, length) !=
            (gssize)length ||
        virtcpu_crc32c(0, bytes, length) != header->documents_crc) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("save image is damaged: its documents' checksum is wrong"));
        return FALSE;
    }
    image->definition = g_strndup(bytes, header->definition_bytes);
    if (header->passport_bytes) {
        image->passport = g_strndup(bytes + header->definition_bytes, header->passport_bytes);
    }
    if (!is_text(image->definition, header->definition_bytes) ||
        (image->passport && !is_text(image->passport, header->passport_bytes))) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("save image is damaged: its documents are no text"));
        return FALSE;
    }
    return TRUE;
}

VirtCpuSaveImage *
virtcpu_save_image_open(const char *path, gboolean writable, GError **error)
{
    g_autoptr(VirtCpuSaveImage) image = g_new0(VirtCpuSaveImage, 1);
    GError *reason = NULL;

    image->path = g_strdup(path);
    /* not to hang on a pipe */
    image->fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (image->fd < 0) {
        virtcpu_error_set_errno(error, errno, _("Failed to open file '%s'"), path);
        return NULL;
    }
    if (!read_header(image, &reason) || !read_documents(image, &reason)) {
        set_refusal(path, reason, error);
        return NULL;
    }
    return g_steal_pointer(&image);
}

gboolean
virtcpu_save_image_check_stream(const VirtCpuSaveImage *image, GError **error)
{
    guint32 crc;

    if (!virtcpu_save_bytes_checksum(image->fd, image->header.stream_offset,
                                     image->header.stream_bytes, &crc)) {
        virtcpu_error_set_errno(error, errno, _("Cannot read file '%s'"), image->path);
        return FALSE;
    }
    if (crc != image->header.stream_crc) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("cannot use '%s': save image is damaged: the checksum of the guest's "
                            "state is wrong"),
                          image->path);
        return FALSE;
    }
    return TRUE;
}

/* Where in the room @length bytes fit beside the documents that are there; 0: nowhere. */
static guint64
find_room(const VirtCpuSaveHeader *header, gsize length)
{
    guint64 end = header->documents_offset + header->definition_bytes + header->passport_bytes;

    if (header->documents_offset - VIRTCPU_SAVE_ROOM_OFFSET >= length) {
        return VIRTCPU_SAVE_ROOM_OFFSET;
    }
    return header->stream_offset - end >= length ? end : 0;
}

gboolean
virtcpu_save_image_change(VirtCpuSaveImage *image, const char *definition, gboolean running,
                          GError **error)
{
    VirtCpuSaveHeader header = image->header;
    g_autofree char *both = g_strconcat(definition, image->passport, NULL);
    gsize length = strlen(both);
    guint8 bytes[VIRTCPU_SAVE_HEADER_BYTES];

    header.documents_offset = find_room(&image->header, length);
    if (!header.documents_offset || strlen(definition) > VIRTCPU_SAVE_DOCUMENT_MAX) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("new xml too large to fit in file"));
        return FALSE;
    }
    header.definition_bytes = (guint32)strlen(definition);
    header.documents_crc = virtcpu_crc32c(0, both, length);
    header.flags = VIRTCPU_SAVE_COMPLETE | (running ? VIRTCPU_SAVE_RUNNING : 0);
    virtcpu_save_header_write(&header, bytes);
    if (!virtcpu_save_bytes_write(image->fd, header.documents_offset, both, length) ||
        fsync(image->fd) != 0 || !virtcpu_save_bytes_write(image->fd, 0, bytes, sizeof(bytes)) ||
        fsync(image->fd) != 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot write file '%s'"), image->path);
        return FALSE;
    }
    image->header = header;
    return TRUE;
}
