/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UEFI firmware as QEMU's descriptors tell of it (docs/interop/firmware.json of QEMU), and the file
 * that a guest's variables are kept in. */
#pragma once

#include "conf/domain-def.h"

/* One that runs from flash. */
typedef struct {
    char *code;            /* its file */
    char *variables;       /* an empty store for its variables, or NULL */
    gboolean requires_smm; /* and the machine type's flash to be written from there only */
} VirtCpuFirmware;

/* Where descriptors are, the most important first: a file of one folder stands for those of the
 * same name in later ones. NULL-terminated. */
extern const char *const virtcpu_firmware_folders[];

/* Firmware for guests of @arch under machine type @machine, in the descriptors' order, as far as
 * its files are there; of VirtCpuFirmware (transfer full). A descriptor that is none is left out.
 * Any thread; reads files. */
GPtrArray *virtcpu_firmware_find(const char *const *folders, VirtCpuArch arch,
                                 const char *machine) G_GNUC_WARN_UNUSED_RESULT;

/* What was found, kept until a folder changes: descriptors that come, go or are replaced; what one
 * that is written in place says is seen by the next daemon. Thread-safe. */
typedef struct _VirtCpuFirmwareBook VirtCpuFirmwareBook;

/* Over @folders (transfer none; constant) (transfer full). */
VirtCpuFirmwareBook *
virtcpu_firmware_book_new(const char *const *folders) G_GNUC_WARN_UNUSED_RESULT;

/* Free @book (may be NULL). */
void virtcpu_firmware_book_free(VirtCpuFirmwareBook *book);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuFirmwareBook, virtcpu_firmware_book_free)

/* As virtcpu_firmware_find; a reference to what others have, too. @peek: NULL when it would have to
 * be read. */
GPtrArray *virtcpu_firmware_book_find(VirtCpuFirmwareBook *book, VirtCpuArch arch,
                                      const char *machine, gboolean peek) G_GNUC_WARN_UNUSED_RESULT;

/* Fill in what complete @def leaves open: for firmware='efi' the first that fits it, one with SMM
 * where secure='yes'; for flash whose code is known and not written the file for the variables,
 * NAME_VARS.fd in @folder. Errors: OPERATION_FAILED when there is none. */
gboolean virtcpu_firmware_complete(VirtCpuDomainDef *def, const char *const *folders,
                                   const char *folder, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Make the file for the variables of @def, which it must have, when it is missing, or @again: a
 * copy of its template. Errors: OPERATION_FAILED without a template; SYSTEM_ERROR. */
gboolean virtcpu_firmware_make_variables(const VirtCpuDomainDef *def, const char *const *folders,
                                         gboolean again, GError **error) G_GNUC_WARN_UNUSED_RESULT;
