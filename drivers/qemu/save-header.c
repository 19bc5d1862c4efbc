/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/save-header.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/crc32c.h"

#include <string.h>

#define MAGIC_BYTES 16
#define VERSION     1
#define CRC_OFFSET  (VIRTCPU_SAVE_HEADER_BYTES - 4)
#define PAGE        4096u
/* What an edited definition may grow by, at least. */
#define SLACK_BYTES 65536u
#define KNOWN_FLAGS (VIRTCPU_SAVE_COMPLETE | VIRTCPU_SAVE_RUNNING)

/* The line ends tell a file that went through a text filter. */
static const guint8 magic[MAGIC_BYTES] = "virtcpu save\n\r\n";
/* libvirt's images begin with "LibvirtQemudSave", or "LibvirtQemudPart" while they are written. */
static const char libvirt_magic[] = "LibvirtQemud";

static void
put32(guint8 *at, guint32 value)
{
    value = GUINT32_TO_LE(value);
    memcpy(at, &value, sizeof(value));
}

static void
put64(guint8 *at, guint64 value)
{
    value = GUINT64_TO_LE(value);
    memcpy(at, &value, sizeof(value));
}

static guint32
get32(const guint8 *at)
{
    guint32 value;

    memcpy(&value, at, sizeof(value));
    return GUINT32_FROM_LE(value);
}

static guint64
get64(const guint8 *at)
{
    guint64 value;

    memcpy(&value, at, sizeof(value));
    return GUINT64_FROM_LE(value);
}

guint64
virtcpu_save_header_stream_offset(gsize bytes)
{
    guint64 end = VIRTCPU_SAVE_ROOM_OFFSET + 2 * (guint64)bytes + SLACK_BYTES;

    return (end + PAGE - 1) / PAGE * PAGE;
}

void
virtcpu_save_header_write(const VirtCpuSaveHeader *header, guint8 bytes[VIRTCPU_SAVE_HEADER_BYTES])
{
    memcpy(bytes, magic, MAGIC_BYTES);
    put32(bytes + 16, VERSION);
    put32(bytes + 20, header->flags);
    put64(bytes + 24, header->documents_offset);
    put32(bytes + 32, header->definition_bytes);
    put32(bytes + 36, header->passport_bytes);
    put32(bytes + 40, header->documents_crc);
    put32(bytes + 44, header->stream_crc);
    put64(bytes + 48, header->stream_offset);
    put64(bytes + 56, header->stream_bytes);
    put32(bytes + CRC_OFFSET, virtcpu_crc32c(0, bytes, CRC_OFFSET));
}

/* Why the file is not one of ours (translated), or NULL. */
static const char *
find_foreign(const guint8 *bytes, gsize length)
{
    if (length >= strlen(libvirt_magic) &&
        memcmp(bytes, libvirt_magic, strlen(libvirt_magic)) == 0) {
        return _("it is a save image of libvirt's, which only libvirt can restore");
    }
    if (length < MAGIC_BYTES || memcmp(bytes, magic, MAGIC_BYTES) != 0) {
        return _("image magic is incorrect: it is no save image");
    }
    if (length < VIRTCPU_SAVE_HEADER_BYTES) {
        return _("save image is truncated within its header");
    }
    if (get32(bytes + 16) != VERSION) {
        return _("save image is of another version of virtcpud");
    }
    if (get32(bytes + CRC_OFFSET) != virtcpu_crc32c(0, bytes, CRC_OFFSET)) {
        return _("save image is damaged: its header's checksum is wrong");
    }
    return NULL;
}

/* Why what the header says cannot be (translated), or NULL: the checksum only tells accidents. */
static const char *
find_nonsense(const VirtCpuSaveHeader *header)
{
    guint64 documents = (guint64)header->definition_bytes + header->passport_bytes;

    if ((header->flags & ~KNOWN_FLAGS) != 0 || header->definition_bytes == 0 ||
        header->definition_bytes > VIRTCPU_SAVE_DOCUMENT_MAX ||
        header->passport_bytes > VIRTCPU_SAVE_DOCUMENT_MAX ||
        header->documents_offset < VIRTCPU_SAVE_ROOM_OFFSET ||
        header->documents_offset > header->stream_offset ||
        documents > header->stream_offset - header->documents_offset ||
        header->stream_offset % PAGE != 0 || header->stream_offset > G_MAXINT64) {
        return _("save image is damaged: its header says what cannot be");
    }
    return NULL;
}

/* Why a file of @file_bytes is not the whole image that the header says (translated), or NULL. */
static const char *
find_gap(const VirtCpuSaveHeader *header, guint64 file_bytes)
{
    if (!(header->flags & VIRTCPU_SAVE_COMPLETE)) {
        return _("save image is incomplete: its save did not end");
    }
    if (header->stream_offset > file_bytes ||
        header->stream_bytes > file_bytes - header->stream_offset) {
        return _("save image is truncated");
    }
    if (header->stream_bytes < file_bytes - header->stream_offset) {
        return _("save image is damaged: something was appended to it");
    }
    return NULL;
}

/* The fields, and why they cannot be (translated) or NULL. */
static const char *
read_fields(const guint8 *bytes, gsize length, VirtCpuSaveHeader *header)
{
    const char *trouble = find_foreign(bytes, length);

    if (trouble) {
        return trouble;
    }
    header->flags = get32(bytes + 20);
    header->documents_offset = get64(bytes + 24);
    header->definition_bytes = get32(bytes + 32);
    header->passport_bytes = get32(bytes + 36);
    header->documents_crc = get32(bytes + 40);
    header->stream_crc = get32(bytes + 44);
    header->stream_offset = get64(bytes + 48);
    header->stream_bytes = get64(bytes + 56);
    return find_nonsense(header);
}

static gboolean
set_trouble(const char *trouble, GError **error)
{
    if (trouble) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, "%s", trouble);
    }
    return trouble == NULL;
}

gboolean
virtcpu_save_header_read(const guint8 *bytes, gsize length, guint64 file_bytes,
                         VirtCpuSaveHeader *header, GError **error)
{
    const char *trouble = read_fields(bytes, length, header);

    return set_trouble(trouble ? trouble : find_gap(header, file_bytes), error);
}

gboolean
virtcpu_save_header_read_unfinished(const guint8 *bytes, gsize length, VirtCpuSaveHeader *header,
                                    GError **error)
{
    return set_trouble(read_fields(bytes, length, header), error);
}
