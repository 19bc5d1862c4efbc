/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a saved image begins. All numbers are little-endian.
 *
 *     0    16  "virtcpu save\n\r\n" and a NUL
 *     16   4   version, 1
 *     20   4   flags (VIRTCPU_SAVE_)
 *     24   8   documents: where they begin; in the room between the header's page and the stream
 *     32   4   bytes of the definition, an XML document
 *     36   4   bytes of the passport of the guest's CPU behind it, another; 0: there is none
 *     40   4   CRC-32C of both
 *     44   4   CRC-32C of the stream
 *     48   8   where QEMU's stream begins, a multiple of 4096
 *     56   8   bytes of the stream; the file ends behind it
 *     64   4   CRC-32C of the 64 bytes before
 *
 * The header is in one sector and the room holds the documents twice, so that they are changed as
 * the header is: at once. Pure: no file is touched. */
#pragma once

#include <glib.h>

/* Bytes of a header. */
#define VIRTCPU_SAVE_HEADER_BYTES 68
/* The page the header is in; the documents' room begins behind it. */
#define VIRTCPU_SAVE_ROOM_OFFSET 4096
/* Either document may have as much: the protocol's limit for a string. */
#define VIRTCPU_SAVE_DOCUMENT_MAX (4u * 1024 * 1024)

/* Flags. */
#define VIRTCPU_SAVE_COMPLETE 1u /* all of it was written, and was on disk before this was */
#define VIRTCPU_SAVE_RUNNING  2u /* restored, the guest is to run */

typedef struct {
    guint32 flags;
    guint64 documents_offset;
    guint32 definition_bytes, passport_bytes;
    guint32 documents_crc, stream_crc;
    guint64 stream_offset, stream_bytes;
} VirtCpuSaveHeader;

/* Where a stream begins behind documents of @bytes altogether: there is room for two such. */
guint64 virtcpu_save_header_stream_offset(gsize bytes);

/* Write @header into @bytes. */
void virtcpu_save_header_write(const VirtCpuSaveHeader *header,
                               guint8 bytes[VIRTCPU_SAVE_HEADER_BYTES]);

/* Read @length bytes at @bytes, the beginning of a file of @file_bytes, into @header. Everything is
 * in bounds afterwards. Errors: OPERATION_FAILED for what is no image, an image of libvirt's or of
 * a later version, one that is incomplete, damaged or cut off. Any thread. */
gboolean virtcpu_save_header_read(const guint8 *bytes, gsize length, guint64 file_bytes,
                                  VirtCpuSaveHeader *header,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same of an image that was begun and may not be complete: what is known of its stream is not
 * looked at. */
gboolean virtcpu_save_header_read_unfinished(const guint8 *bytes, gsize length,
                                             VirtCpuSaveHeader *header,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
