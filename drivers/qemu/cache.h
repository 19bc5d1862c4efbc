/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every QEMU binary's probe answers, kept in memory and on disk. */
#pragma once

#include "drivers/host/host.h"
#include "drivers/qemu/cache-document.h"
#include "drivers/qemu/explicit-store.h"
#include "drivers/qemu/guest-proofs.h"
#include "drivers/qemu/guest-sights.h"
#include "drivers/qemu/judge.h"
#include "drivers/qemu/matrix-store.h"

/* Finds, probes and remembers binaries. Thread-safe; made once by the driver. */
typedef struct _VirtCpuQemuCache VirtCpuQemuCache;

/* @folder: entries are kept in qemu/ below it (made when missing). @search_path: folders with
 * qemu-system-*, colon separated; NULL: $PATH's usual /usr/bin, /usr/local/bin and /usr/libexec
 * (qemu-kvm).
 * @timeout_ms: how long a probe may take before the QEMU is killed; 0: 30 s. Returns (transfer
 * full). */
VirtCpuQemuCache *virtcpu_qemu_cache_new(VirtCpuHost *host, const char *folder,
                                         const char *search_path, unsigned timeout_ms,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Told, on some thread, when binaries or what they load may have changed. */
typedef void (*VirtCpuQemuCacheFunc)(gpointer user_data);

/* Notice binaries that are installed, upgraded or removed, and changes to modules and firmware,
 * while @context (transfer none) runs; the log says what was dropped and why, then @func (may be
 * NULL) is called. Call it once, before others use @cache. Errors: SYSTEM_ERROR; then changed
 * binaries are seen when they are asked for, changes to what they load by the next cache. */
gboolean virtcpu_qemu_cache_watch(VirtCpuQemuCache *cache, GMainContext *context,
                                  VirtCpuQemuCacheFunc func, gpointer user_data,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Notice no more, and wait for a call that tells of changes to return; nothing to do when it did
 * not watch. The context's thread. */
void virtcpu_qemu_cache_watch_end(VirtCpuQemuCache *cache);

/* End every probe under way, and any that would follow: its callers fail. For shutting down. Any
 * thread. */
void virtcpu_qemu_cache_cancel(VirtCpuQemuCache *cache);

/* Free @cache (may be NULL) once no call is running in it; the watching context's thread. */
void virtcpu_qemu_cache_free(VirtCpuQemuCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuQemuCache, virtcpu_qemu_cache_free)

/* What @binary (absolute path) can do under @virt_type: from memory, then disk, else by probing
 * now. Callers asking for the same binary share one probe. Blocks: workers only. Errors:
 * SYSTEM_ERROR (missing), CONFIG_UNSUPPORTED (not executable, KVM not usable, and why),
 * INTERNAL_ERROR (dies, hangs, speaks garbage; with QEMU's last words). Failures are remembered
 * with back-off as long as the binary is unchanged. Returns (transfer full). */
VirtCpuQemuCaps *virtcpu_qemu_cache_get(VirtCpuQemuCache *cache, const char *binary,
                                        VirtCpuVirtType virt_type,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same when memory already has a valid answer, else NULL without an error: never blocks, main
 * loop. */
VirtCpuQemuCaps *virtcpu_qemu_cache_peek(VirtCpuQemuCache *cache, const char *binary,
                                         VirtCpuVirtType virt_type) G_GNUC_WARN_UNUSED_RESULT;

/* What models contain under machine types, kept with the same care (transfer none; thread-safe). */
VirtCpuQemuMatrixStore *virtcpu_qemu_cache_matrices(VirtCpuQemuCache *cache);

/* Which CPUs were proven from inside a guest, likewise (transfer none; thread-safe). */
VirtCpuGuestProofs *virtcpu_qemu_cache_proofs(VirtCpuQemuCache *cache);

/* What guests see of their CPUs, in memory only (transfer none; thread-safe). */
VirtCpuGuestSights *virtcpu_qemu_cache_sights(VirtCpuQemuCache *cache);

/* What of the host answers depend on, see virtcpu_host_fingerprint (transfer none). */
const char *virtcpu_qemu_cache_fingerprint(const VirtCpuQemuCache *cache);

/* Whom to ask what only a QEMU decides (transfer none; thread-safe). */
VirtCpuQemuJudge *virtcpu_qemu_cache_judge(VirtCpuQemuCache *cache);

/* The explicit lines of guests' CPUs, in memory only (transfer none; thread-safe). */
VirtCpuExplicitStore *virtcpu_qemu_cache_lines(VirtCpuQemuCache *cache);

/* The binary that runs @arch: host arch may prefer qemu-kvm; i686 falls back to qemu-system-x86_64.
 * NULL when none is installed (transfer full). */
char *virtcpu_qemu_cache_binary(VirtCpuQemuCache *cache,
                                VirtCpuArch arch) G_GNUC_WARN_UNUSED_RESULT;

/* Absolute paths of every qemu-system-* found, NULL-terminated, sorted (transfer full). */
char **virtcpu_qemu_cache_binaries(VirtCpuQemuCache *cache) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when the name of @binary says that it can run guests under KVM here. */
gboolean virtcpu_qemu_cache_has_kvm(const VirtCpuQemuCache *cache, const char *binary);

/* Probe all installed binaries, as many at once as there are cores. Blocks: workers only. Failures
 * are skipped, each logged once. */
void virtcpu_qemu_cache_fill(VirtCpuQemuCache *cache);

/* The text made from all binaries' capabilities (transfer full) as long as they are what they were
 * then, else NULL. @stamp (out, transfer full; NULL with a text) says what they are now. Quick. */
char *virtcpu_qemu_cache_text(VirtCpuQemuCache *cache, char **stamp) G_GNUC_WARN_UNUSED_RESULT;

/* Keep @text, made from the capabilities of all binaries after @stamp was told, instead of an older
 * one. @complete: no probe failed; else it is kept only until those may be tried again. */
void virtcpu_qemu_cache_keep_text(VirtCpuQemuCache *cache, const char *stamp, const char *text,
                                  gboolean complete);

/* Every file of the cache on disk, as VirtCpuQemuCacheDocument, sorted by path (transfer full). */
GPtrArray *virtcpu_qemu_cache_list(VirtCpuQemuCache *cache) G_GNUC_WARN_UNUSED_RESULT;

/* The same, what "virtcpu cache --json" prints: an array of {"kind", "virt-type", "binary", "path",
 * "valid", "state"}, the second and third only where they are known; with @invalid only of those
 * that do not hold (transfer full). */
VirtCpuJson *virtcpu_qemu_cache_list_to_json(VirtCpuQemuCache *cache,
                                             gboolean invalid) G_GNUC_WARN_UNUSED_RESULT;

/* Remove the files about @binary (absolute path), also those that are too damaged to say so, and
 * forget what is in memory, so that it is asked anew; running guests keep what they started with.
 * FALSE with SYSTEM_ERROR when a file cannot be removed; @count (out) says how many were. */
gboolean virtcpu_qemu_cache_drop(VirtCpuQemuCache *cache, const char *binary, guint *count,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
