/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who wants to hear of what, and telling them. Main loop thread only. */
#pragma once

#include "daemon/rpc-client.h"
#include "drivers/qemu/driver.h"

typedef struct _VirtCpuEvents VirtCpuEvents;

/* virDomainEventID: what clients may register for; those virtcpud has no news of never come. */
#define VIRTCPU_EVENT_ID_LAST 28

/* Nobody registered (transfer full). */
VirtCpuEvents *virtcpu_events_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* Free @events (may be NULL). */
void virtcpu_events_free(VirtCpuEvents *events);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuEvents, virtcpu_events_free)

/* Tell @client of @event_id of the domain with @uuid (NULL: of any). @legacy: with messages that
 * have no callback number. Returns the callback's number, -1 with @error set for an event that does
 * not exist or a legacy one registered twice (INTERNAL_ERROR, as in libvirtd),
 * or when the client has very many (OPERATION_FAILED). */
int virtcpu_events_register(VirtCpuEvents *events, VirtCpuRpcClient *client, int event_id,
                            const guint8 *uuid, gboolean legacy,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How the name of a QMP event is matched: virConnectDomainQemuMonitorEventRegisterFlags. */
#define VIRTCPU_QMP_EVENT_REGEX  1u
#define VIRTCPU_QMP_EVENT_NOCASE 2u

/* Tell @client of QMP events named @name (NULL: any) of the domain with @uuid (NULL: any). Returns
 * as above; INVALID_ARG for a pattern that is none, too long or has settings. Matching is bounded:
 * a pattern that would take long to decide does not match. */
int virtcpu_events_register_qmp(VirtCpuEvents *events, VirtCpuRpcClient *client, const char *name,
                                unsigned flags, const guint8 *uuid,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What else clients watch, of which virtcpud has none: its events never come. */
typedef enum {
    VIRTCPU_ELSEWHERE_NETWORK,
    VIRTCPU_ELSEWHERE_POOL,
    VIRTCPU_ELSEWHERE_NODE_DEVICE,
    VIRTCPU_ELSEWHERE_SECRET,
} VirtCpuElsewhere;

/* Register @client for @event_id of @kind. Returns as above. */
int virtcpu_events_register_elsewhere(VirtCpuEvents *events, VirtCpuRpcClient *client,
                                      VirtCpuElsewhere kind, int event_id,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Forget callback @id of @client. FALSE with @error set (INTERNAL_ERROR) when there is none. */
gboolean virtcpu_events_deregister(VirtCpuEvents *events, VirtCpuRpcClient *client, int id,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Forget @client's legacy registration for @event_id; errors as above. */
gboolean virtcpu_events_deregister_legacy(VirtCpuEvents *events, VirtCpuRpcClient *client,
                                          int event_id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Forget everything of @client. */
void virtcpu_events_forget(VirtCpuEvents *events, const VirtCpuRpcClient *client);

/* Send @note to whoever registered for it. */
void virtcpu_events_send(VirtCpuEvents *events, const VirtCpuNote *note);
