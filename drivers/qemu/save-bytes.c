/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/save-bytes.h"

#include <errno.h>
#include <unistd.h>

/* Half of a small second-level cache: what is read is still near when it is summed. */
#define CHUNK_BYTES (128u * 1024)

gssize
virtcpu_save_bytes_read(int fd, guint64 offset, void *bytes, gsize length)
{
    gsize done = 0;

    while (done < length) {
        gssize got = pread(fd, (guint8 *)bytes + done, length - done, (off_t)(offset + done));

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        done += (gsize)got;
    }
    return (gssize)done;
}

gboolean
virtcpu_save_bytes_write(int fd, guint64 offset, const void *bytes, gsize length)
{
    gsize done = 0;

    while (done < length) {
        gssize put =
            pwrite(fd, (const guint8 *)bytes + done, length - done, (off_t)(offset + done));

        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return FALSE;
        }
        done += (gsize)put;
    }
    return TRUE;
}

gboolean
virtcpu_save_bytes_checksum(int fd, guint64 offset, guint64 length, guint32 *crc)
{
    g_autofree guint8 *chunk = g_malloc(CHUNK_BYTES);

    *crc = 0;
    while (length > 0) {
        gsize wanted = MIN(length, CHUNK_BYTES);
        gssize got = virtcpu_save_bytes_read(fd, offset, chunk, wanted);

        if (got != (gssize)wanted) {
            errno = got < 0 ? errno : EIO;
            return FALSE;
        }
        *crc = virtcpu_crc32c(*crc, chunk, wanted);
        offset += wanted;
        length -= wanted;
    }
    return TRUE;
}
