/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of the driver that saves guests and restores them, for the daemon. As driver.h says,
 * calls are thread-safe and may block; these take as long as a guest's memory needs. A path NULL is
 * that of the domain's managed image. */
#pragma once

#include "drivers/qemu/driver.h"

/* virDomainSaveRestoreFlags. RUNNING and PAUSED decide, in place of what the guest did when it was
 * saved, whether it goes on when it is restored. */
#define VIRTCPU_SAVE_FLAG_BYPASS_CACHE 1u
#define VIRTCPU_SAVE_FLAG_RUNNING      2u
#define VIRTCPU_SAVE_FLAG_PAUSED       4u

/* Save running domain @uuid to file @path and end it. @xml (may be NULL) is what it is to be
 * restored as; it may differ in what the guest does not see. Either the image is there, whole, and
 * the domain ended, or the domain goes on as before. Errors: INVALID_ARG; OPERATION_INVALID when it
 * does not run, or a managed image of a transient domain; CONFIG_UNSUPPORTED for @xml;
 * SYSTEM_ERROR; OPERATION_FAILED in QEMU's words; OPERATION_ABORTED. */
gboolean virtcpu_driver_save(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                             const char *path, const char *xml, unsigned flags,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Restore what is saved in @path, which stays as it is, with @xml (may be NULL) as above. The guest
 * runs only when its CPU is the one it was saved with. Errors: INVALID_ARG; OPERATION_FAILED for a
 * file that is no image, incomplete or damaged, and for a CPU that differs, naming what;
 * OPERATION_INVALID when the domain runs; those of a start. */
gboolean virtcpu_driver_restore(VirtCpuDriver *driver, const char *path, const char *xml,
                                unsigned flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE into @has when the domain has a managed image. Quick. */
gboolean virtcpu_driver_has_managed_image(VirtCpuDriver *driver,
                                          const guint8 uuid[VIRTCPU_UUID_BYTES], gboolean *has,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Remove the managed image, whatever is in it. Errors: SYSTEM_ERROR, when there is none, too. */
gboolean virtcpu_driver_remove_managed_image(VirtCpuDriver *driver,
                                             const guint8 uuid[VIRTCPU_UUID_BYTES],
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* virDomainSaveImageXMLFlags. */
#define VIRTCPU_SAVE_XML_SECURE 1u

/* The definition in the image at @path, with secrets if @flags say so (transfer full). */
char *virtcpu_driver_save_image_xml(VirtCpuDriver *driver, const char *path, unsigned flags,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same of the managed image of @uuid. OPERATION_INVALID when there is none. */
char *virtcpu_driver_managed_image_xml(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                       unsigned flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Put @xml in place of the definition in the image at @path; @flags: RUNNING or PAUSED. Errors:
 * CONFIG_UNSUPPORTED naming what the guest would see changed; those of reading both. */
gboolean virtcpu_driver_save_image_define(VirtCpuDriver *driver, const char *path, const char *xml,
                                          unsigned flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same of the managed image of @uuid. OPERATION_INVALID when there is none. */
gboolean virtcpu_driver_managed_image_define(VirtCpuDriver *driver,
                                             const guint8 uuid[VIRTCPU_UUID_BYTES], const char *xml,
                                             unsigned flags,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* virDomainCoreDumpFlags: what becomes of the guest afterwards, and what is dumped. */
#define VIRTCPU_DUMP_FLAG_CRASH        1u
#define VIRTCPU_DUMP_FLAG_LIVE         2u
#define VIRTCPU_DUMP_FLAG_BYPASS_CACHE 4u
#define VIRTCPU_DUMP_FLAG_RESET        8u
#define VIRTCPU_DUMP_FLAG_MEMORY_ONLY  16u

/* virDomainCoreDumpFormat. */
typedef enum {
    VIRTCPU_DUMP_FORMAT_RAW,
    VIRTCPU_DUMP_FORMAT_KDUMP_ZLIB,
    VIRTCPU_DUMP_FORMAT_KDUMP_LZO,
    VIRTCPU_DUMP_FORMAT_KDUMP_SNAPPY,
    VIRTCPU_DUMP_FORMAT_WIN_DMP,
    VIRTCPU_DUMP_FORMAT_LAST,
} VirtCpuDumpFormat;

/* Dump the guest's state, or with MEMORY_ONLY its memory in @format, to file @path, which is there
 * whole or not at all. Errors: INVALID_ARG; OPERATION_INVALID; SYSTEM_ERROR; OPERATION_FAILED in
 * QEMU's words; OPERATION_ABORTED. */
gboolean virtcpu_driver_dump(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                             const char *path, unsigned format, unsigned flags,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
