/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saved images: whatever is in the file, it is refused or read within its bounds; one that is read
 * can be changed and reads the same again. */
#include "drivers/qemu/save-bytes.h"
#include "drivers/qemu/save-image.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CRC_OFFSET (VIRTCPU_SAVE_HEADER_BYTES - 4)

/* The image in @data, or NULL when it is refused. */
static VirtCpuSaveImage *
read_image(int fd, const guint8 *data, gsize size)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autoptr(GError) error = NULL;
    VirtCpuSaveImage *image;

    g_assert_true(ftruncate(fd, 0) == 0 && virtcpu_save_bytes_write(fd, 0, data, size));
    image = virtcpu_save_image_open(path, TRUE, &error);
    g_assert_true((image == NULL) == (error != NULL));
    return image;
}

/* Damage behind a checksum is only found with the checksum made right. */
static void
seal(guint8 *data, gsize size)
{
    if (size >= VIRTCPU_SAVE_HEADER_BYTES) {
        const guint32 crc = GUINT32_TO_LE(virtcpu_crc32c(0, data, CRC_OFFSET));

        memcpy(data + CRC_OFFSET, &crc, sizeof(crc));
    }
}

static void
change(VirtCpuSaveImage *image)
{
    g_autofree char *longer = g_strconcat(image->definition, " ", NULL);
    g_autoptr(VirtCpuSaveImage) again = NULL;
    g_autoptr(GError) error = NULL;

    if (!virtcpu_save_image_change(image, longer, TRUE, &error)) {
        return;
    }
    again = virtcpu_save_image_open(image->path, FALSE, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(again->definition, ==, longer);
    g_assert_cmpstr(again->passport, ==, image->passport);
    g_assert_cmpuint(again->header.flags, ==, VIRTCPU_SAVE_COMPLETE | VIRTCPU_SAVE_RUNNING);
}

/* What a daemon finds of an image that another began. */
static void
read_unfinished(const guint8 *data, gsize size)
{
    VirtCpuSaveHeader header;
    g_autoptr(GError) error = NULL;
    const gboolean read = virtcpu_save_header_read_unfinished(data, size, &header, &error);

    g_assert_true(read == (error == NULL));
    if (read) {
        g_assert_cmpuint(header.definition_bytes, <=, VIRTCPU_SAVE_DOCUMENT_MAX);
        g_assert_cmpuint(header.passport_bytes, <=, VIRTCPU_SAVE_DOCUMENT_MAX);
        g_assert_cmpuint(header.documents_offset + header.definition_bytes + header.passport_bytes,
                         <=, header.stream_offset);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree guint8 *sealed = g_memdup2(data, size);
    g_auto(VirtCpuFd) fd = memfd_create("image", MFD_CLOEXEC);
    g_autoptr(VirtCpuSaveImage) raw = read_image(fd, data, size);
    g_autoptr(VirtCpuSaveImage) image = NULL;
    g_autoptr(GError) error = NULL;
    gboolean whole;

    seal(sealed, size);
    read_unfinished(sealed, size);
    image = read_image(fd, sealed, size);
    if (image != NULL) {
        whole = virtcpu_save_image_check_stream(image, &error);
        g_assert_true(whole == (error == NULL));
        change(image);
    }
    g_assert_cmpuint(virtcpu_crc32c(7, data, size), ==, virtcpu_crc32c_portable(7, data, size));
    return 0;
}
