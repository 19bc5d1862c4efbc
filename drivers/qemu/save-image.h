/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A saved image that is read: checked before anything of it is believed, and never changed or
 * removed for being refused. Semi-trusted: torn, stale, foreign or hostile. */
#pragma once

#include "conf/domain-def.h"
#include "conf/fd.h"
#include "drivers/qemu/save-header.h"

typedef struct {
    char *path;
    VirtCpuFd fd; /* open for reading, or for writing, too */
    VirtCpuSaveHeader header;
    char *definition; /* XML with secrets */
    char *passport;   /* XML of the guest's CPU, or NULL */
} VirtCpuSaveImage;

/* Open @path and read its header and documents; @writable: for virtcpu_save_image_change. The
 * stream is not looked at. Errors: SYSTEM_ERROR when it cannot be opened; OPERATION_FAILED naming
 * it and what is wrong with it. Returns (transfer full). Any thread; blocks on the disk. */
VirtCpuSaveImage *virtcpu_save_image_open(const char *path, gboolean writable,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Close and free @image (may be NULL). */
void virtcpu_save_image_free(VirtCpuSaveImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuSaveImage, virtcpu_save_image_free)

/* Read the whole stream and compare its checksum. Errors: OPERATION_FAILED; SYSTEM_ERROR. */
gboolean virtcpu_save_image_check_stream(const VirtCpuSaveImage *image,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Put @definition in place of the image's and set or clear the RUNNING flag, at once and on disk
 * when it returns. Errors: INVALID_ARG when there is no room for it; SYSTEM_ERROR. */
gboolean virtcpu_save_image_change(VirtCpuSaveImage *image, const char *definition,
                                   gboolean running, GError **error) G_GNUC_WARN_UNUSED_RESULT;
