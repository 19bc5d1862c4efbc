/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A save image that is written: beside its place until all of it is on disk. A later daemon finds
 * what is left of it from its place and the domain's UUID. */
#pragma once

#include "conf/domain-def.h"
#include "conf/fd.h"
#include "drivers/qemu/save-header.h"

typedef struct {
    char *place;  /* where it is to be; until then it is beside it */
    VirtCpuFd fd; /* what is written to it is the stream */
    VirtCpuSaveHeader header;
} VirtCpuSaveFile;

/* What an image is made of but for the stream; all transfer none. */
typedef struct {
    const char *definition; /* XML */
    const char *passport;   /* XML; NULL: none */
    gboolean running;       /* restored, the guest is to run */
} VirtCpuSaveDocuments;

/* @path as a file can be put there: absolute, without symbolic links (transfer full). Errors:
 * SYSTEM_ERROR when its folder is not there; OPERATION_UNSUPPORTED when there is something that is
 * no regular file. Any thread. */
char *virtcpu_save_file_resolve(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Begin the file of the domain with @uuid for resolved @place: empty, open for reading and writing.
 * Errors: SYSTEM_ERROR. Returns a descriptor or -1. */
int virtcpu_save_file_open(const char *place, const guint8 uuid[VIRTCPU_UUID_BYTES],
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Begin the image of the domain with @uuid for resolved @place. Errors: SYSTEM_ERROR. Returns
 * (transfer full). */
VirtCpuSaveFile *virtcpu_save_file_new(const char *place, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                       const VirtCpuSaveDocuments *documents,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The image that an earlier daemon began for @place, its header and documents checked. Errors:
 * SYSTEM_ERROR. Returns (transfer full). */
VirtCpuSaveFile *virtcpu_save_file_reopen(const char *place, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Close and free @file (may be NULL); what is on disk stays. */
void virtcpu_save_file_free(VirtCpuSaveFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuSaveFile, virtcpu_save_file_free)

/* The stream is written: take its checksum and have all of it on disk, still beside its place.
 * @keep_cache: FALSE: what the kernel still has of it is let go. Errors: SYSTEM_ERROR. */
gboolean virtcpu_save_file_finish(VirtCpuSaveFile *file, gboolean keep_cache,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Put the finished image of the domain with @uuid at @place, replacing what is there; on disk when
 * it returns. Errors: SYSTEM_ERROR. Repeating it after success is legal. */
gboolean virtcpu_save_file_put(const char *place, const guint8 uuid[VIRTCPU_UUID_BYTES],
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Remove what was written for @place so far, if anything. */
void virtcpu_save_file_drop(const char *place, const guint8 uuid[VIRTCPU_UUID_BYTES]);
