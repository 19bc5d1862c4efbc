/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/events.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "daemon/job-params.h"
#include "daemon/rpc-params.h"
#include "schemas/virtcpu_rpc.h"

#include <string.h>

/* Stands for QMP events, which have no virDomainEventID. */
#define EVENT_ID_QMP (-1)
/* Stands for events of what virtcpud has none of. */
#define EVENT_ID_ELSEWHERE (-2)
/* Each kind of those has two: virNetworkEventID and its like. */
#define ELSEWHERE_IDS 2

/* Registrations of one client; virsh event --all makes some thirty. */
#define MAX_PER_CLIENT 1024
/* Names of QMP events are short words; so is what finds them. */
#define MAX_PATTERN_BYTES 256
/* Tried on the main loop for each QMP event, so that no pattern takes more than some ten
 * microseconds; one that begins with a setting of its own (pcre2pattern(3)) could undo it. */
#define MATCH_LIMIT "(*LIMIT_MATCH=1000)"
#define OWN_SETTING "(*"

/* Serial of a message nobody asked for; libvirtd's choice, and clients do not look. */
#define MESSAGE_SERIAL 1

typedef struct {
    VirtCpuRpcClient *client; /* not owned: forgotten when it closes */
    int id;
    int event_id;
    gboolean legacy;
    gboolean has_uuid;
    guint8 uuid[VIRTCPU_UUID_BYTES];
    char *name;      /* of QMP events; NULL: any */
    gboolean nocase; /* how the name is compared */
    GRegex *pattern; /* instead of the name; NULL: none */
} Registration;

struct _VirtCpuEvents {
    GPtrArray *registrations; /* of Registration, oldest first */
    int next_id;
};

/* How one kind of note travels. */
typedef struct {
    int event_id;
    guint32 program;
    gint32 procedure;
    gint32 legacy_procedure; /* 0: none */
    xdrproc_t xdr;
} Route;

static const Route routes[] = {
    [VIRTCPU_NOTE_LIFECYCLE] = { 0, RPC_PROGRAM_REMOTE, RPC_REMOTE_DOMAIN_EVENT_CALLBACK_LIFECYCLE,
                                 RPC_REMOTE_DOMAIN_EVENT_LIFECYCLE,
                                 (xdrproc_t)xdr_rpc_event_lifecycle_msg },
    [VIRTCPU_NOTE_REBOOT] = { 1, RPC_PROGRAM_REMOTE, RPC_REMOTE_DOMAIN_EVENT_CALLBACK_REBOOT,
                              RPC_REMOTE_DOMAIN_EVENT_REBOOT, (xdrproc_t)xdr_rpc_event_domain_msg },
    [VIRTCPU_NOTE_RTC_CHANGE] = { 2, RPC_PROGRAM_REMOTE,
                                  RPC_REMOTE_DOMAIN_EVENT_CALLBACK_RTC_CHANGE,
                                  RPC_REMOTE_DOMAIN_EVENT_RTC_CHANGE,
                                  (xdrproc_t)xdr_rpc_event_number_msg },
    [VIRTCPU_NOTE_WATCHDOG] = { 3, RPC_PROGRAM_REMOTE, RPC_REMOTE_DOMAIN_EVENT_CALLBACK_WATCHDOG,
                                RPC_REMOTE_DOMAIN_EVENT_WATCHDOG,
                                (xdrproc_t)xdr_rpc_event_action_msg },
    [VIRTCPU_NOTE_CONTROL_ERROR] = { 7, RPC_PROGRAM_REMOTE,
                                     RPC_REMOTE_DOMAIN_EVENT_CALLBACK_CONTROL_ERROR,
                                     RPC_REMOTE_DOMAIN_EVENT_CONTROL_ERROR,
                                     (xdrproc_t)xdr_rpc_event_domain_msg },
    [VIRTCPU_NOTE_METADATA_CHANGE] = { 23, RPC_PROGRAM_REMOTE,
                                       RPC_REMOTE_DOMAIN_EVENT_CALLBACK_METADATA_CHANGE, 0,
                                       (xdrproc_t)xdr_rpc_event_metadata_msg },
    [VIRTCPU_NOTE_BALLOON_CHANGE] = { 13, RPC_PROGRAM_REMOTE,
                                      RPC_REMOTE_DOMAIN_EVENT_CALLBACK_BALLOON_CHANGE,
                                      RPC_REMOTE_DOMAIN_EVENT_BALLOON_CHANGE,
                                      (xdrproc_t)xdr_rpc_event_number_msg },
    [VIRTCPU_NOTE_MIGRATION_ITERATION] = { 20, RPC_PROGRAM_REMOTE,
                                           RPC_REMOTE_DOMAIN_EVENT_CALLBACK_MIGRATION_ITERATION, 0,
                                           (xdrproc_t)xdr_rpc_event_action_msg },
    [VIRTCPU_NOTE_JOB_COMPLETED] = { 21, RPC_PROGRAM_REMOTE,
                                     RPC_REMOTE_DOMAIN_EVENT_CALLBACK_JOB_COMPLETED, 0,
                                     (xdrproc_t)xdr_rpc_event_params_msg },
    [VIRTCPU_NOTE_QMP] = { EVENT_ID_QMP, RPC_PROGRAM_QEMU, RPC_QEMU_DOMAIN_MONITOR_EVENT, 0,
                           (xdrproc_t)xdr_rpc_event_qemu_msg },
};

/* The body of any of the messages. */
typedef union {
    rpc_event_domain_msg domain;
    rpc_event_lifecycle_msg lifecycle;
    rpc_event_action_msg action;
    rpc_event_number_msg number;
    rpc_event_metadata_msg metadata;
    rpc_event_params_msg params;
    rpc_event_qemu_msg qemu;
} Message;

static void
registration_free(gpointer data)
{
    Registration *registration = data;

    g_free(registration->name);
    g_clear_pointer(&registration->pattern, g_regex_unref);
    g_free(registration);
}

VirtCpuEvents *
virtcpu_events_new(void)
{
    VirtCpuEvents *events = g_new0(VirtCpuEvents, 1);

    events->registrations = g_ptr_array_new_with_free_func(registration_free);
    return events;
}

void
virtcpu_events_free(VirtCpuEvents *events)
{
    if (events == NULL) {
        return;
    }
    g_ptr_array_unref(events->registrations);
    g_free(events);
}

/* A new registration of @client (transfer none), or NULL with @error set when it has very many. */
static Registration *
add_registration(VirtCpuEvents *events, VirtCpuRpcClient *client, int event_id, const guint8 *uuid,
                 GError **error)
{
    Registration *registration;
    unsigned own = 0;

    for (guint i = 0; i < events->registrations->len; i++) {
        own +=
            ((const Registration *)g_ptr_array_index(events->registrations, i))->client == client;
    }
    if (own >= MAX_PER_CLIENT) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("This connection has %u event callbacks; deregister some."), own);
        return NULL;
    }
    registration = g_new0(Registration, 1);
    registration->client = client;
    registration->id = events->next_id;
    registration->event_id = event_id;
    if (uuid != NULL) {
        registration->has_uuid = TRUE;
        memcpy(registration->uuid, uuid, VIRTCPU_UUID_BYTES);
    }
    events->next_id = events->next_id < G_MAXINT ? events->next_id + 1 : 0;
    g_ptr_array_add(events->registrations, registration);
    return registration;
}

static gboolean
find_legacy(const VirtCpuEvents *events, const VirtCpuRpcClient *client, int event_id, guint *index)
{
    for (guint i = 0; i < events->registrations->len; i++) {
        const Registration *registration = g_ptr_array_index(events->registrations, i);

        if (registration->legacy && registration->client == client &&
            registration->event_id == event_id) {
            *index = i;
            return TRUE;
        }
    }
    return FALSE;
}

int
virtcpu_events_register(VirtCpuEvents *events, VirtCpuRpcClient *client, int event_id,
                        const guint8 *uuid, gboolean legacy, GError **error)
{
    Registration *registration;
    guint index;

    if (event_id < 0 || event_id >= VIRTCPU_EVENT_ID_LAST) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("unsupported event ID %d"),
                          event_id);
        return -1;
    }
    if (legacy && find_legacy(events, client, event_id, &index)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("domain event %d already registered"), event_id);
        return -1;
    }
    registration = add_registration(events, client, event_id, uuid, error);
    if (registration == NULL) {
        return -1;
    }
    registration->legacy = legacy;
    return registration->id;
}

/* @name as a pattern that cannot keep the main loop busy; NULL with @error set when it is none. */
static GRegex *
compile(const char *name, gboolean nocase, GError **error)
{
    g_autofree char *limited = NULL;
    g_autoptr(GError) reason = NULL;
    GRegex *pattern;

    if (strlen(name) > MAX_PATTERN_BYTES) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("a regex for event names is longer than %d bytes"), MAX_PATTERN_BYTES);
        return NULL;
    }
    if (g_str_has_prefix(name, OWN_SETTING)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("a regex for event names may not begin with '%s'"), OWN_SETTING);
        return NULL;
    }
    limited = g_strconcat(MATCH_LIMIT, name, NULL);
    pattern = g_regex_new(limited, nocase ? G_REGEX_CASELESS : 0, 0, &reason);
    if (pattern == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("failed to compile regex '%s': %s"),
                          name, reason->message);
    }
    return pattern;
}

int
virtcpu_events_register_qmp(VirtCpuEvents *events, VirtCpuRpcClient *client, const char *name,
                            unsigned flags, const guint8 *uuid, GError **error)
{
    const gboolean nocase = (flags & VIRTCPU_QMP_EVENT_NOCASE) != 0;
    const gboolean is_pattern = name != NULL && (flags & VIRTCPU_QMP_EVENT_REGEX) != 0;
    g_autoptr(GRegex) pattern = is_pattern ? compile(name, nocase, error) : NULL;
    Registration *registration;

    if (is_pattern && pattern == NULL) {
        return -1;
    }
    registration = add_registration(events, client, EVENT_ID_QMP, uuid, error);
    if (registration == NULL) {
        return -1;
    }
    registration->name = is_pattern ? NULL : g_strdup(name);
    registration->nocase = nocase;
    registration->pattern = g_steal_pointer(&pattern);
    return registration->id;
}

int
virtcpu_events_register_elsewhere(VirtCpuEvents *events, VirtCpuRpcClient *client,
                                  VirtCpuElsewhere kind, int event_id, GError **error)
{
    static const char *const names[] = {
        [VIRTCPU_ELSEWHERE_NETWORK] = "network",
        [VIRTCPU_ELSEWHERE_POOL] = "storage pool",
        [VIRTCPU_ELSEWHERE_NODE_DEVICE] = "node device",
        [VIRTCPU_ELSEWHERE_SECRET] = "secret",
    };
    Registration *registration;

    if (event_id < 0 || event_id >= ELSEWHERE_IDS) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("unsupported %s event ID %d"),
                          names[kind], event_id);
        return -1;
    }
    registration = add_registration(events, client, EVENT_ID_ELSEWHERE, NULL, error);
    return registration != NULL ? registration->id : -1;
}

gboolean
virtcpu_events_deregister(VirtCpuEvents *events, VirtCpuRpcClient *client, int id, GError **error)
{
    for (guint i = 0; i < events->registrations->len; i++) {
        const Registration *registration = g_ptr_array_index(events->registrations, i);

        if (registration->id == id && registration->client == client && !registration->legacy) {
            g_ptr_array_remove_index(events->registrations, i);
            return TRUE;
        }
    }
    virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                      _("domain event callback %d not registered"), id);
    return FALSE;
}

gboolean
virtcpu_events_deregister_legacy(VirtCpuEvents *events, VirtCpuRpcClient *client, int event_id,
                                 GError **error)
{
    guint index;

    if (!find_legacy(events, client, event_id, &index)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("domain event %d not registered"),
                          event_id);
        return FALSE;
    }
    g_ptr_array_remove_index(events->registrations, index);
    return TRUE;
}

void
virtcpu_events_forget(VirtCpuEvents *events, const VirtCpuRpcClient *client)
{
    for (guint i = events->registrations->len; i > 0; i--) {
        const Registration *registration = g_ptr_array_index(events->registrations, i - 1);

        if (registration->client == client) {
            g_ptr_array_remove_index(events->registrations, i - 1);
        }
    }
}

static void
free_param(gpointer param)
{
    xdr_free((xdrproc_t)xdr_rpc_param, param);
}

/* The parameters that @note carries (transfer full). */
static GArray *
make_params(const VirtCpuNote *note)
{
    GArray *params =
        note->progress != NULL ? virtcpu_job_params(note->progress) : virtcpu_rpc_params_new();

    g_array_set_clear_func(params, free_param);
    return params;
}

/* @text and @details are where XDR wants the address of a string it may leave out. */
static void
fill_message(Message *message, const VirtCpuNote *note, char **text, char **details,
             const GArray *params)
{
    rpc_domain *domain = &message->domain.dom; /* every message begins with it */

    memset(message, 0, sizeof(*message));
    domain->name = note->domain->name;
    memcpy(domain->uuid, note->domain->uuid, VIRTCPU_UUID_BYTES);
    domain->id = note->domain->id;
    switch (note->kind) {
    case VIRTCPU_NOTE_LIFECYCLE:
        message->lifecycle.event = note->event;
        message->lifecycle.detail = note->detail;
        break;
    case VIRTCPU_NOTE_WATCHDOG:
        message->action.action = note->event;
        break;
    case VIRTCPU_NOTE_RTC_CHANGE:
    case VIRTCPU_NOTE_BALLOON_CHANGE:
        message->number.number = note->number;
        break;
    case VIRTCPU_NOTE_MIGRATION_ITERATION:
        message->action.action = (int)CLAMP(note->number, 0, G_MAXINT);
        break;
    case VIRTCPU_NOTE_JOB_COMPLETED:
        message->params.params.params_val = (rpc_param *)(void *)params->data;
        message->params.params.params_len = params->len;
        break;
    case VIRTCPU_NOTE_METADATA_CHANGE:
        message->metadata.type = note->event;
        message->metadata.uri = *text != NULL ? text : NULL;
        break;
    case VIRTCPU_NOTE_QMP:
        message->qemu.event = *text;
        message->qemu.seconds = note->seconds;
        message->qemu.micros = note->micros;
        message->qemu.details = *details != NULL ? details : NULL;
        break;
    case VIRTCPU_NOTE_REBOOT:
    case VIRTCPU_NOTE_CONTROL_ERROR:
        break;
    }
}

/* @name: of a QMP event. A match that exceeds its limit is none. */
static gboolean
wants_name(const Registration *registration, const char *name)
{
    if (registration->pattern != NULL) {
        return g_regex_match(registration->pattern, name, 0, NULL);
    }
    if (registration->name == NULL) {
        return TRUE;
    }
    return registration->nocase ? g_ascii_strcasecmp(registration->name, name) == 0
                                : g_str_equal(registration->name, name);
}

static gboolean
wants(const Registration *registration, const Route *route, const VirtCpuNote *note)
{
    return registration->event_id == route->event_id &&
           (!registration->has_uuid ||
            memcmp(registration->uuid, note->domain->uuid, VIRTCPU_UUID_BYTES) == 0) &&
           (!registration->legacy || route->legacy_procedure != 0) &&
           (note->kind != VIRTCPU_NOTE_QMP || wants_name(registration, note->text));
}

static GBytes *
encode(const Registration *registration, const Route *route, const Message *message)
{
    const VirtCpuRpcHeader header = {
        .program = route->program,
        .version = RPC_VERSION,
        .procedure = registration->legacy ? route->legacy_procedure : route->procedure,
        .type = VIRTCPU_RPC_MESSAGE,
        .serial = MESSAGE_SERIAL,
    };
    const gint32 id = registration->id;
    g_autoptr(GError) error = NULL;
    GBytes *frame = virtcpu_rpc_frame_new(&header, registration->legacy ? NULL : &id, route->xdr,
                                          message, &error);

    if (frame == NULL) {
        g_warning("%s", error->message);
    }
    return frame;
}

void
virtcpu_events_send(VirtCpuEvents *events, const VirtCpuNote *note)
{
    const Route *route = &routes[note->kind];
    g_autofree char *text = g_strdup(note->text);
    g_autofree char *details = g_strdup(note->detail_text);
    g_autoptr(GArray) params = make_params(note);
    g_autoptr(GPtrArray) clients =
        g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_rpc_client_unref);
    g_autoptr(GPtrArray) frames = g_ptr_array_new();
    Message message;

    fill_message(&message, note, &text, &details, params);
    for (guint i = 0; i < events->registrations->len; i++) {
        const Registration *registration = g_ptr_array_index(events->registrations, i);
        GBytes *frame =
            wants(registration, route, note) ? encode(registration, route, &message) : NULL;

        if (frame != NULL) {
            g_ptr_array_add(clients, virtcpu_rpc_client_ref(registration->client));
            g_ptr_array_add(frames, frame);
        }
    }
    /* sending may close a client, which takes its registrations out */
    for (guint i = 0; i < frames->len; i++) {
        virtcpu_rpc_client_send(clients->pdata[i], frames->pdata[i]);
    }
}
