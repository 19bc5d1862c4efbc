/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <iotune>: how fast the guest may use a disk. */
#pragma once

#include <gio/gio.h>
#include <libxml/tree.h>

/* Kinds of traffic that have limits of their own: total, read and written bytes, then total, read
 * and write operations. */
#define VIRTCPU_DISK_RATES 6

/* The limits, in libvirt's order of writing; each of the first, BURST and LENGTH begins as many as
 * there are rates. */
typedef enum {
    VIRTCPU_DISK_RATE,                                           /* a second */
    VIRTCPU_DISK_BURST = VIRTCPU_DISK_RATES,                     /* a second, for a while */
    VIRTCPU_DISK_SIZE = VIRTCPU_DISK_BURST + VIRTCPU_DISK_RATES, /* bytes of one operation */
    VIRTCPU_DISK_LENGTH = VIRTCPU_DISK_SIZE + 1,                 /* seconds of a burst */
    VIRTCPU_DISK_LIMITS = VIRTCPU_DISK_LENGTH + VIRTCPU_DISK_RATES,
} VirtCpuDiskLimit;

/* Greatest limit but those of time: QEMU's THROTTLE_VALUE_MAX. */
#define VIRTCPU_DISK_LIMIT_MAX G_GUINT64_CONSTANT(1000000000000000)

/* All of it. */
typedef struct {
    guint64 limits[VIRTCPU_DISK_LIMITS]; /* 0: none */
    char *group;                         /* disks of one share their limits; NULL: none */
} VirtCpuDiskTune;

/* What a client asks to be changed. */
typedef struct {
    VirtCpuDiskTune tune;
    gboolean given[VIRTCPU_DISK_LIMITS]; /* which of its limits, 0 for none, are wishes */
    gboolean group_given;                /* likewise; NULL for none */
} VirtCpuDiskTuneWish;

/* "total_bytes_sec": element and parameter of limit number @limit. */
const char *virtcpu_disk_limit_name(unsigned limit);

/* The number of the limit that is called @name, or VIRTCPU_DISK_LIMITS. */
unsigned virtcpu_disk_limit_find(const char *name);

/* Read <iotune> into zeroed @tune. Errors: XML_ERROR for what is no number, or total beside read or
 * written; CONFIG_UNSUPPORTED for an element that libvirt does not have. */
gboolean virtcpu_disk_tune_parse(VirtCpuDiskTune *tune, xmlNode *node,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Append the element to @out, unless there is nothing in it. */
void virtcpu_disk_tune_format(const VirtCpuDiskTune *tune, GString *out);

/* Release what @tune owns, and have it limit nothing. */
void virtcpu_disk_tune_clear(VirtCpuDiskTune *tune);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuDiskTune, virtcpu_disk_tune_clear)

/* Release what @wish owns. */
void virtcpu_disk_tune_wish_clear(VirtCpuDiskTuneWish *wish);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuDiskTuneWish, virtcpu_disk_tune_wish_clear)

/* A copy of @wish (transfer full); end with virtcpu_disk_tune_wish_free. */
VirtCpuDiskTuneWish *
virtcpu_disk_tune_wish_copy(const VirtCpuDiskTuneWish *wish) G_GNUC_WARN_UNUSED_RESULT;

/* Free @wish (may be NULL) and what it owns. */
void virtcpu_disk_tune_wish_free(VirtCpuDiskTuneWish *wish);

/* Have @tune, which holds something, be as @other, which may be the same. */
void virtcpu_disk_tune_assign(VirtCpuDiskTune *tune, const VirtCpuDiskTune *other);

/* TRUE when something is limited. */
gboolean virtcpu_disk_tune_is_set(const VirtCpuDiskTune *tune);

/* TRUE when the limits are the same, whatever the groups. */
gboolean virtcpu_disk_tune_equal(const VirtCpuDiskTune *tune, const VirtCpuDiskTune *other);

/* Check what QEMU would refuse later. Errors: ARGUMENT_UNSUPPORTED for a limit beyond the greatest,
 * CONFIG_UNSUPPORTED for one that needs another, and for a group without limits. */
gboolean virtcpu_disk_tune_check(const VirtCpuDiskTune *tune,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Make zeroed @next what @wish makes of @now: as libvirt has it, a wish for one of total, read and
 * write is one for all three. Errors: INVALID_ARG for total beside read or write, and those of
 * virtcpu_disk_tune_check. */
gboolean virtcpu_disk_tune_change(const VirtCpuDiskTune *now, const VirtCpuDiskTuneWish *wish,
                                  VirtCpuDiskTune *next, GError **error) G_GNUC_WARN_UNUSED_RESULT;
