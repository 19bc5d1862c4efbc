/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a guest's state comes in: a port that is open for one migration only. The daemon listens,
 * not QEMU, so that a stranger who connects reaches nothing: who comes in must know the secret that
 * went through the daemons, or, when the other side is a libvirt, must begin as QEMU's stream does.
 * Others are turned away and do no harm to who comes after them. */
#pragma once

#include "conf/migration-uri.h"

#include <gio/gio.h>

/* libvirt's, from its default configuration. */
#define VIRTCPU_MIGRATE_PORT_MIN 49152
#define VIRTCPU_MIGRATE_PORT_MAX 49215

typedef struct _VirtCpuMigrateDoor VirtCpuMigrateDoor;

/* Somebody came in through @fd (transfer full), a blocking socket from which the stream itself is
 * read next. In a thread of the door's own, once. */
typedef void (*VirtCpuMigrateDoorFunc)(int fd, gpointer user_data);

/* Bind and listen at @uri, whose host is an address, a name or "" for every address; a port 0 is
 * replaced by the last free one of the range. Errors: SYSTEM_ERROR; OPERATION_FAILED when no port
 * is free, or the name cannot be resolved. Returns (transfer full). Blocks for a name. */
VirtCpuMigrateDoor *virtcpu_migrate_door_new(VirtCpuMigrationUri *uri,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The first half of that for TCP alone: a socket that listens, or -1. */
int virtcpu_migrate_door_bind(VirtCpuMigrationUri *uri, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Begin to let in: @secret (NULL: a bare stream) decides who. @func is called with @user_data,
 * which must outlive the door. Once. */
void virtcpu_migrate_door_open(VirtCpuMigrateDoor *door, const char *secret,
                               VirtCpuMigrateDoorFunc func, gpointer user_data);

/* Close @door (may be NULL), after its thread has ended, and free it. Not in that thread. */
void virtcpu_migrate_door_free(VirtCpuMigrateDoor *door);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuMigrateDoor, virtcpu_migrate_door_free)

/* A new secret (transfer full): what the kernel's generator gave, in hexadecimal. Errors:
 * SYSTEM_ERROR. */
char *virtcpu_migrate_secret_new(GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Knock: connect to @uri and, unless it is NULL, show @secret. A connection that carries nothing
 * for half a minute fails. Errors: OPERATION_FAILED saying where and why. Returns a blocking
 * socket, or -1. Blocks. */
int virtcpu_migrate_door_knock(const VirtCpuMigrationUri *uri, const char *secret,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
