/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the disks, network cards and memory of a running domain do. Calls may block (workers only)
 * but take no job: they wait for nobody who does. */
#pragma once

#include "drivers/qemu/driver.h"

/* One disk. Texts are owned. */
typedef struct {
    char *target, *source; /* source: NULL for an empty drive */
    unsigned node;         /* number of its nodes, as in <source index=>; 0: does not run */
    guint64 rd_bytes, rd_requests, rd_ns;
    guint64 wr_bytes, wr_requests, wr_ns;
    guint64 flush_requests, flush_ns;
    int error; /* virDomainDiskErrorCode: 0 none, 1 unspecified, 2 no space */
} VirtCpuDiskStats;

/* What QEMU counted for each disk of a running domain, in the definition's order; of
 * VirtCpuDiskStats (transfer full). OPERATION_INVALID when it does not run; QEMU's. */
GPtrArray *virtcpu_driver_disk_stats(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The one of @stats whose target or source is @path (transfer none), or NULL. */
const VirtCpuDiskStats *virtcpu_disk_stats_find(const GPtrArray *stats, const char *path);

/* The file or device behind the disk with target or source @path of a domain, running or not
 * (transfer full). INVALID_ARG for none, and for an empty drive. Quick. */
char *virtcpu_driver_disk_source(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                 const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Make the disk with target or source @path @bytes large, for the guest too; takes the job. Errors:
 * INVALID_ARG, OPERATION_INVALID, QEMU's. */
gboolean virtcpu_driver_resize_disk(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                    const char *path, guint64 bytes,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Tell (BLOCK_THRESHOLD) once the guest has written beyond byte @bytes of the image of the disk
 * with target @target; takes the job. Errors as above. */
gboolean virtcpu_driver_set_threshold(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                      const char *target, guint64 bytes,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One network card, as the guest sees it. */
typedef struct {
    char *device; /* owned: the tap device on the host; NULL: none, and nothing is counted */
    guint64 rx_bytes, rx_packets, rx_errors, rx_drops;
    guint64 tx_bytes, tx_packets, tx_errors, tx_drops;
} VirtCpuNetStats;

/* The kernel's counts for each card of a running domain; of VirtCpuNetStats (transfer full). Errors
 * as above. */
GPtrArray *virtcpu_driver_net_stats(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A number that a guest tells of its memory. */
typedef struct {
    int tag;          /* virDomainMemoryStatTags */
    const char *key;  /* QEMU's */
    const char *name; /* of domstats: balloon.NAME */
    unsigned divisor; /* of QEMU's number: bytes become KiB */
    gboolean in_guest;
} VirtCpuMemoryStatRow;

/* All of them, at most VIRTCPU_MEMORY_STATS_MAX. */
extern const VirtCpuMemoryStatRow virtcpu_memory_stat_rows[];
extern const gsize virtcpu_memory_stat_rows_length;
#define VIRTCPU_MEMORY_STATS_MAX 16

/* What a guest told, by row. */
typedef struct {
    struct {
        const VirtCpuMemoryStatRow *row;
        guint64 value;
    } stats[VIRTCPU_MEMORY_STATS_MAX];
    gsize count;
} VirtCpuMemoryStats;

/* What the system in a running guest last told of its memory: nothing without a balloon, little
 * before it has a driver, or is asked at all. Errors as above. */
gboolean virtcpu_driver_memory_stats(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                     VirtCpuMemoryStats *memory,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Memory that the QEMU of process @pid has in RAM, in KiB; 0 when it is gone. */
guint64 virtcpu_process_rss_kib(int pid);

/* Have QEMU find out for @seconds how fast the guest changes its memory.
 * CONFIG_UNSUPPORTED, else as above. */
gboolean virtcpu_driver_measure_dirty_rate(VirtCpuDriver *driver,
                                           const guint8 uuid[VIRTCPU_UUID_BYTES], int seconds,
                                           const char *mode,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
