/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was learnt from a QEMU as a file, and whether it still holds. */
#pragma once

#include "conf/domain-def.h"
#include "conf/json.h"
#include "drivers/qemu/identity.h"

/* Changes when a content's form does. */
#define VIRTCPU_QEMU_CACHE_FORMAT 5

/* What an answer is about and depends on; transfer none. */
typedef struct {
    const char *binary;
    VirtCpuVirtType virt_type;
    const char *identity;    /* of the binary, see virtcpu_qemu_identities_get */
    const char *fingerprint; /* of the host, see virtcpu_host_fingerprint */
} VirtCpuQemuCacheKey;

/* How a file stands to what there is now. */
typedef enum {
    VIRTCPU_CACHE_VALID,
    VIRTCPU_CACHE_DAMAGED,       /* torn, or tampered with */
    VIRTCPU_CACHE_OTHER_VERSION, /* written by another virtcpu */
    VIRTCPU_CACHE_BINARY_GONE,
    VIRTCPU_CACHE_BINARY_CHANGED,
    VIRTCPU_CACHE_FILES_CHANGED, /* modules and firmware that it loads */
    VIRTCPU_CACHE_HOST_CHANGED,  /* CPU, microcode, kernel, KVM's parameters or the right to use it
                                  */
} VirtCpuQemuCacheState;

/* What a file is about. */
typedef struct {
    char *path;
    char *binary;    /* NULL when damaged */
    char *virt_type; /* likewise */
    VirtCpuQemuCacheState state;
    char *why; /* the state in words, naming all that changed */
} VirtCpuQemuCacheDocument;

/* Free @file (may be NULL). */
void virtcpu_qemu_cache_document_free(VirtCpuQemuCacheDocument *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuQemuCacheDocument, virtcpu_qemu_cache_document_free)

/* @state in a few translated words (transfer none). */
const char *virtcpu_qemu_cache_state_to_text(VirtCpuQemuCacheState state);

/* What is to be said of all files in @folder on the host with @fingerprint, sorted by path
 * (transfer full). Any thread. */
GPtrArray *virtcpu_qemu_cache_document_list(const char *folder, VirtCpuQemuIdentities *identities,
                                            const char *fingerprint) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when @file is about @binary (absolute path): by its content, or when it is damaged by its
 * name. */
gboolean virtcpu_qemu_cache_document_is_about(const VirtCpuQemuCacheDocument *file,
                                              const char *binary);

/* The file for @key in @folder, ending in @suffix; one per binary and virt type, whatever state
 * they are in (transfer full). */
char *virtcpu_qemu_cache_document_path(const char *folder, const VirtCpuQemuCacheKey *key,
                                       const char *suffix) G_GNUC_WARN_UNUSED_RESULT;

/* The content of @text. NULL without an error when it is about another state of the binary, the
 * host or virtcpu itself; with INTERNAL_ERROR when it is torn, was tampered with or is about
 * another binary or virt type. Returns (transfer full). Any thread. */
VirtCpuJson *virtcpu_qemu_cache_document_parse(const char *text, const VirtCpuQemuCacheKey *key,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The content of file @path under the same conditions, logging what changed when it does not hold
 * any more; NULL without an error also when there is none. SYSTEM_ERROR when it cannot be read. */
VirtCpuJson *virtcpu_qemu_cache_document_read(const char *path, const VirtCpuQemuCacheKey *key,
                                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Write @content (transfer full) to @path, whole or not at all. Errors: SYSTEM_ERROR. */
gboolean virtcpu_qemu_cache_document_write(const char *path, const VirtCpuQemuCacheKey *key,
                                           VirtCpuJson *content,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
