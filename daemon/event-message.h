/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How news of the driver's travels: which of libvirt's events it is, and the message that says so.
 */
#pragma once

#include "daemon/rpc-frame.h"
#include "drivers/qemu/driver.h"

/* Stands for QMP events, which have no virDomainEventID. */
#define VIRTCPU_EVENT_ID_QMP (-1)

/* Which event @note is: VIRTCPU_EVENT_ID_QMP or a virDomainEventID; some are two at once (an I/O
 * error with and without its reason), told apart by @turn, from 0. FALSE when there are no more. */
gboolean virtcpu_event_id(const VirtCpuNote *note, unsigned turn, int *event_id);

/* The message for a client: with callback number @id, or (@legacy) the older form without. NULL
 * without an error when there is no older form. Errors: RPC. Returns (transfer full). */
GBytes *virtcpu_event_message(const VirtCpuNote *note, unsigned turn, gboolean legacy, int id,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
