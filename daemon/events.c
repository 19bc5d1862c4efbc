/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/events.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "daemon/event-message.h"

#include <string.h>

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
    registration = add_registration(events, client, VIRTCPU_EVENT_ID_QMP, uuid, error);
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
wants(const Registration *registration, int event_id, const VirtCpuNote *note)
{
    return registration->event_id == event_id &&
           (!registration->has_uuid ||
            memcmp(registration->uuid, note->domain->uuid, VIRTCPU_UUID_BYTES) == 0) &&
           (note->kind != VIRTCPU_NOTE_QMP || wants_name(registration, note->text));
}

/* NULL when there is no such message. */
static GBytes *
encode(const Registration *registration, const VirtCpuNote *note, unsigned turn)
{
    g_autoptr(GError) error = NULL;
    GBytes *frame =
        virtcpu_event_message(note, turn, registration->legacy, registration->id, &error);

    if (error != NULL) {
        g_warning("%s", error->message);
    }
    return frame;
}

static void
send_turn(VirtCpuEvents *events, const VirtCpuNote *note, unsigned turn, int event_id)
{
    g_autoptr(GPtrArray) clients =
        g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_rpc_client_unref);
    g_autoptr(GPtrArray) frames = g_ptr_array_new();

    for (guint i = 0; i < events->registrations->len; i++) {
        const Registration *registration = g_ptr_array_index(events->registrations, i);
        GBytes *frame =
            wants(registration, event_id, note) ? encode(registration, note, turn) : NULL;

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

void
virtcpu_events_send(VirtCpuEvents *events, const VirtCpuNote *note)
{
    int event_id;

    for (unsigned turn = 0; virtcpu_event_id(note, turn, &event_id); turn++) {
        send_turn(events, note, turn, event_id);
    }
}
