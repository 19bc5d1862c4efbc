/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/event-message.h"

#include "daemon/job-params.h"
#include "daemon/rpc-params.h"
#include "schemas/virtcpu_rpc.h"

#include <string.h>

/* Serial of a message nobody asked for; libvirtd's choice, and clients do not look. */
#define MESSAGE_SERIAL 1

/* The body of any of the messages. */
typedef union {
    rpc_event_domain_msg domain;
    rpc_event_lifecycle_msg lifecycle;
    rpc_event_action_msg action;
    rpc_event_number_msg number;
    rpc_event_metadata_msg metadata;
    rpc_event_io_error_msg io_error;
    rpc_event_io_error_reason_msg io_error_reason;
    rpc_event_graphics_msg graphics;
    rpc_event_block_job_msg block_job;
    rpc_event_agent_msg agent;
    rpc_event_threshold_msg threshold;
    rpc_event_memory_failure_msg memory_failure;
    rpc_event_params_msg params;
    rpc_event_device_msg device;
    rpc_event_device_number_msg device_number;
    rpc_event_disk_change_msg disk_change;
    rpc_event_qemu_msg qemu;
} Body;

/* What bodies point to: XDR functions work both ways, so they take what they read as not const. */
typedef struct {
    char *text, *details, *reason;
    char *subject_types[2];
    VirtCpuGraphicsNote graphics;
    rpc_graphics_identity subjects[2];
    GArray *params;
} Words;

static void
free_param(gpointer param)
{
    xdr_free((xdrproc_t)xdr_rpc_param, param);
}

/* libvirt's names of what was changed of the disk that the text names. */
static void
add_disk_tune(Words *words, const VirtCpuDiskTuneWish *wish)
{
    virtcpu_rpc_params_add_text(words->params, "blkdeviotune.disk", words->text);
    for (unsigned i = 0; i < VIRTCPU_DISK_LIMITS; i++) {
        g_autofree char *field = g_strconcat("blkdeviotune.", virtcpu_disk_limit_name(i), NULL);

        if (wish->given[i]) {
            virtcpu_rpc_params_add_ullong(words->params, field, wish->tune.limits[i]);
        }
    }
    if (wish->group_given) {
        virtcpu_rpc_params_add_text(words->params, "blkdeviotune.group_name",
                                    wish->tune.group != NULL ? wish->tune.group : "");
    }
}

static void
words_fill(Words *words, const VirtCpuNote *note)
{
    memset(words, 0, sizeof(*words));
    words->text = g_strdup(note->text != NULL ? note->text : "");
    words->details = g_strdup(note->detail_text != NULL ? note->detail_text : "");
    words->reason = g_strdup(note->reason != NULL ? note->reason : "");
    if (note->graphics != NULL) {
        words->graphics = *note->graphics;
    }
    words->params =
        note->progress != NULL ? virtcpu_job_params(note->progress) : virtcpu_rpc_params_new();
    g_array_set_clear_func(words->params, free_param);
    if (note->disk_tune != NULL) {
        add_disk_tune(words, note->disk_tune);
    } else if (note->kind == VIRTCPU_NOTE_TUNABLE) {
        virtcpu_rpc_params_add_text(words->params, words->text, words->details);
    }
}

static void
words_clear(Words *words)
{
    g_free(words->text);
    g_free(words->details);
    g_free(words->reason);
    g_free(words->subject_types[0]);
    g_free(words->subject_types[1]);
    g_array_unref(words->params);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Words, words_clear)

/* Puts what @note says behind the domain. */
typedef void (*FillFunc)(Body *body, const VirtCpuNote *note, Words *words);

static void
fill_nothing(Body *body, const VirtCpuNote *note, Words *words)
{
}

static void
fill_lifecycle(Body *body, const VirtCpuNote *note, Words *words)
{
    body->lifecycle.event = note->event;
    body->lifecycle.detail = note->detail;
}

static void
fill_action(Body *body, const VirtCpuNote *note, Words *words)
{
    body->action.action = note->event;
}

static void
fill_pass(Body *body, const VirtCpuNote *note, Words *words)
{
    body->action.action = (int)CLAMP(note->number, 0, G_MAXINT);
}

static void
fill_number(Body *body, const VirtCpuNote *note, Words *words)
{
    body->number.number = note->number;
}

static void
fill_metadata(Body *body, const VirtCpuNote *note, Words *words)
{
    body->metadata.type = note->event;
    body->metadata.uri = note->text != NULL ? &words->text : NULL;
}

static void
fill_io_error(Body *body, const VirtCpuNote *note, Words *words)
{
    body->io_error.source = words->text;
    body->io_error.alias = words->details;
    body->io_error.action = note->event;
}

static void
fill_io_error_reason(Body *body, const VirtCpuNote *note, Words *words)
{
    body->io_error_reason.source = words->text;
    body->io_error_reason.alias = words->details;
    body->io_error_reason.action = note->event;
    body->io_error_reason.reason = words->reason;
}

static void
fill_end(rpc_graphics_end *out, VirtCpuGraphicsEnd *end)
{
    out->family = end->family;
    out->node = end->node;
    out->service = end->service;
}

static void
add_subject(Body *body, Words *words, const char *type, char *name)
{
    const u_int index = body->graphics.subject.subject_len;

    if (name[0] == '\0') {
        return;
    }
    words->subject_types[index] = g_strdup(type);
    words->subjects[index].type = words->subject_types[index];
    words->subjects[index].name = name;
    body->graphics.subject.subject_val = words->subjects;
    body->graphics.subject.subject_len++;
}

static void
fill_graphics(Body *body, const VirtCpuNote *note, Words *words)
{
    VirtCpuGraphicsNote *graphics = &words->graphics;

    body->graphics.phase = graphics->phase;
    fill_end(&body->graphics.local, &graphics->local);
    fill_end(&body->graphics.remote, &graphics->remote);
    body->graphics.auth = graphics->auth;
    add_subject(body, words, "x509dname", graphics->x509_name);
    add_subject(body, words, "saslUsername", graphics->sasl_user);
}

static void
fill_block_job(Body *body, const VirtCpuNote *note, Words *words)
{
    body->block_job.disk = words->text;
    body->block_job.type = note->event;
    body->block_job.status = note->detail;
}

/* The newer event names the disk by its target. */
static void
fill_block_job_2(Body *body, const VirtCpuNote *note, Words *words)
{
    fill_block_job(body, note, words);
    body->block_job.disk = words->details;
}

static void
fill_agent(Body *body, const VirtCpuNote *note, Words *words)
{
    body->agent.state = note->event;
    body->agent.reason = note->detail;
}

static void
fill_threshold(Body *body, const VirtCpuNote *note, Words *words)
{
    body->threshold.target = words->text;
    body->threshold.source = note->detail_text != NULL ? &words->details : NULL;
    body->threshold.threshold = (guint64)note->number;
    body->threshold.excess = (guint64)note->excess;
}

static void
fill_memory_failure(Body *body, const VirtCpuNote *note, Words *words)
{
    body->memory_failure.recipient = note->event;
    body->memory_failure.action = note->detail;
    body->memory_failure.flags = (unsigned)note->number;
}

static void
fill_device(Body *body, const VirtCpuNote *note, Words *words)
{
    body->device.alias = words->text;
}

static void
fill_device_number(Body *body, const VirtCpuNote *note, Words *words)
{
    body->device_number.alias = words->text;
    body->device_number.number = note->event;
}

/* No medium takes the place of one that is missing. */
static void
fill_disk_change(Body *body, const VirtCpuNote *note, Words *words)
{
    body->disk_change.old_source = &words->text;
    body->disk_change.alias = words->details;
    body->disk_change.reason = note->event;
}

static void
fill_params(Body *body, const VirtCpuNote *note, Words *words)
{
    body->params.params.params_val = (rpc_param *)(void *)words->params->data;
    body->params.params.params_len = words->params->len;
}

static void
fill_qemu(Body *body, const VirtCpuNote *note, Words *words)
{
    body->qemu.event = words->text;
    body->qemu.seconds = note->seconds;
    body->qemu.micros = note->micros;
    body->qemu.details = note->detail_text != NULL ? &words->details : NULL;
}

/* How one kind of note travels. */
typedef struct {
    VirtCpuNoteKind kind;
    int event_id;
    gint32 procedure;
    gint32 legacy_procedure; /* 0: none */
    xdrproc_t xdr;
    FillFunc fill;
    gboolean sleep; /* with a callback's number it is rpc_event_sleep_msg */
} Route;

#define BOTH(name) RPC_REMOTE_DOMAIN_EVENT_CALLBACK_##name, RPC_REMOTE_DOMAIN_EVENT_##name
#define NEW(name)  RPC_REMOTE_DOMAIN_EVENT_CALLBACK_##name, 0
#define BODY(name) (xdrproc_t) xdr_rpc_event_##name##_msg

static const Route routes[] = {
    { VIRTCPU_NOTE_LIFECYCLE, 0, BOTH(LIFECYCLE), BODY(lifecycle), fill_lifecycle, FALSE },
    { VIRTCPU_NOTE_REBOOT, 1, BOTH(REBOOT), BODY(domain), fill_nothing, FALSE },
    { VIRTCPU_NOTE_RTC_CHANGE, 2, BOTH(RTC_CHANGE), BODY(number), fill_number, FALSE },
    { VIRTCPU_NOTE_WATCHDOG, 3, BOTH(WATCHDOG), BODY(action), fill_action, FALSE },
    { VIRTCPU_NOTE_IO_ERROR, 4, BOTH(IO_ERROR), BODY(io_error), fill_io_error, FALSE },
    { VIRTCPU_NOTE_GRAPHICS, 5, BOTH(GRAPHICS), BODY(graphics), fill_graphics, FALSE },
    { VIRTCPU_NOTE_IO_ERROR, 6, BOTH(IO_ERROR_REASON), BODY(io_error_reason), fill_io_error_reason,
      FALSE },
    { VIRTCPU_NOTE_CONTROL_ERROR, 7, BOTH(CONTROL_ERROR), BODY(domain), fill_nothing, FALSE },
    { VIRTCPU_NOTE_BLOCK_JOB, 8, BOTH(BLOCK_JOB), BODY(block_job), fill_block_job, FALSE },
    { VIRTCPU_NOTE_DISK_CHANGE, 9, BOTH(DISK_CHANGE), BODY(disk_change), fill_disk_change, FALSE },
    { VIRTCPU_NOTE_TRAY_CHANGE, 10, BOTH(TRAY_CHANGE), BODY(device_number), fill_device_number,
      FALSE },
    { VIRTCPU_NOTE_PMWAKEUP, 11, BOTH(PMWAKEUP), BODY(domain), fill_nothing, TRUE },
    { VIRTCPU_NOTE_PMSUSPEND, 12, BOTH(PMSUSPEND), BODY(domain), fill_nothing, TRUE },
    { VIRTCPU_NOTE_BALLOON_CHANGE, 13, BOTH(BALLOON_CHANGE), BODY(number), fill_number, FALSE },
    { VIRTCPU_NOTE_PMSUSPEND_DISK, 14, BOTH(PMSUSPEND_DISK), BODY(domain), fill_nothing, TRUE },
    { VIRTCPU_NOTE_DEVICE_REMOVED, 15, BOTH(DEVICE_REMOVED), BODY(device), fill_device, FALSE },
    { VIRTCPU_NOTE_BLOCK_JOB, 16, RPC_REMOTE_DOMAIN_EVENT_BLOCK_JOB_2, 0, BODY(block_job),
      fill_block_job_2, FALSE },
    { VIRTCPU_NOTE_TUNABLE, 17, NEW(TUNABLE), BODY(params), fill_params, FALSE },
    { VIRTCPU_NOTE_AGENT_LIFECYCLE, 18, NEW(AGENT_LIFECYCLE), BODY(agent), fill_agent, FALSE },
    { VIRTCPU_NOTE_DEVICE_ADDED, 19, NEW(DEVICE_ADDED), BODY(device), fill_device, FALSE },
    { VIRTCPU_NOTE_MIGRATION_ITERATION, 20, NEW(MIGRATION_ITERATION), BODY(action), fill_pass,
      FALSE },
    { VIRTCPU_NOTE_JOB_COMPLETED, 21, NEW(JOB_COMPLETED), BODY(params), fill_params, FALSE },
    { VIRTCPU_NOTE_DEVICE_REMOVAL_FAILED, 22, NEW(DEVICE_REMOVAL_FAILED), BODY(device), fill_device,
      FALSE },
    { VIRTCPU_NOTE_METADATA_CHANGE, 23, NEW(METADATA_CHANGE), BODY(metadata), fill_metadata,
      FALSE },
    { VIRTCPU_NOTE_BLOCK_THRESHOLD, 24, RPC_REMOTE_DOMAIN_EVENT_BLOCK_THRESHOLD, 0, BODY(threshold),
      fill_threshold, FALSE },
    { VIRTCPU_NOTE_MEMORY_FAILURE, 25, RPC_REMOTE_DOMAIN_EVENT_MEMORY_FAILURE, 0,
      BODY(memory_failure), fill_memory_failure, FALSE },
    { VIRTCPU_NOTE_QMP, VIRTCPU_EVENT_ID_QMP, RPC_QEMU_DOMAIN_MONITOR_EVENT, 0, BODY(qemu),
      fill_qemu, FALSE },
};

/* The route that is @turn-th of its kind; NULL when there are no more. */
static const Route *
find_route(VirtCpuNoteKind kind, unsigned turn)
{
    unsigned found = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(routes); i++) {
        if (routes[i].kind == kind && found++ == turn) {
            return &routes[i];
        }
    }
    return NULL;
}

gboolean
virtcpu_event_id(const VirtCpuNote *note, unsigned turn, int *event_id)
{
    const Route *route = find_route(note->kind, turn);

    if (route != NULL) {
        *event_id = route->event_id;
    }
    return route != NULL;
}

static void
fill_domain(rpc_domain *out, const VirtCpuDomainRef *ref)
{
    out->name = ref->name;
    memcpy(out->uuid, ref->uuid, VIRTCPU_UUID_BYTES);
    out->id = ref->id;
}

static GBytes *
encode(const Route *route, const VirtCpuNote *note, gboolean legacy, int id, GError **error)
{
    const VirtCpuRpcHeader header = {
        .program = route->event_id == VIRTCPU_EVENT_ID_QMP ? RPC_PROGRAM_QEMU : RPC_PROGRAM_REMOTE,
        .version = RPC_VERSION,
        .procedure = legacy ? route->legacy_procedure : route->procedure,
        .type = VIRTCPU_RPC_MESSAGE,
        .serial = MESSAGE_SERIAL,
    };
    const gint32 number = id;
    const gint32 *prefix = legacy ? NULL : &number;
    rpc_event_sleep_msg sleep = { 0 };
    g_auto(Words) words = { 0 };
    Body body = { 0 };

    words_fill(&words, note);
    if (route->sleep && !legacy) {
        fill_domain(&sleep.dom, note->domain);
        return virtcpu_rpc_frame_new(&header, prefix, (xdrproc_t)xdr_rpc_event_sleep_msg, &sleep,
                                     error);
    }
    fill_domain(&body.domain.dom, note->domain); /* every other message begins with it */
    route->fill(&body, note, &words);
    return virtcpu_rpc_frame_new(&header, prefix, route->xdr, &body, error);
}

GBytes *
virtcpu_event_message(const VirtCpuNote *note, unsigned turn, gboolean legacy, int id,
                      GError **error)
{
    const Route *route = find_route(note->kind, turn);

    if (route == NULL || (legacy && route->legacy_procedure == 0)) {
        return NULL;
    }
    return encode(route, note, legacy, id, error);
}
