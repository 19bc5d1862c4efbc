/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-news.h"

#include "drivers/qemu/driver-priv.h"

/* What one event says. */
typedef void (*NewsFunc)(VirtCpuDomain *domain, const VirtCpuJson *data);

/* A word of QEMU's and the number that libvirt's protocol has for it. */
typedef struct {
    const char *word;
    int number;
} Number;

static int
number_of(const Number *numbers, gsize count, const char *word, int otherwise)
{
    for (gsize i = 0; i < count; i++) {
        if (g_strcmp0(numbers[i].word, word) == 0) {
            return numbers[i].number;
        }
    }
    return otherwise;
}

static void
post(VirtCpuDomain *domain, VirtCpuNote *note)
{
    g_autoptr(VirtCpuDomainRef) ref = virtcpu_domain_to_ref(domain);

    note->domain = ref;
    virtcpu_note_queue_post(domain->driver->notes, note);
}

/* QEMU stops next, for what was just told. */
static void
expect_stop(VirtCpuDomain *domain, int reason, int detail)
{
    g_mutex_lock(&domain->lock);
    if (domain->run) {
        virtcpu_domain_run_expect_stop(domain->run, reason, detail);
    }
    g_mutex_unlock(&domain->lock);
}

/* ---- watchdog ---- */

/* virDomainEventWatchdogAction. */
static const Number watchdog_actions[] = {
    { "none", 0 },     { "pause", 1 }, { "reset", 2 },      { "poweroff", 3 },
    { "shutdown", 4 }, { "debug", 5 }, { "inject-nmi", 6 },
};

static void
on_watchdog(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    const char *action = virtcpu_json_get_string(data, "action");
    VirtCpuNote note = {
        .kind = VIRTCPU_NOTE_WATCHDOG,
        .event = number_of(watchdog_actions, G_N_ELEMENTS(watchdog_actions), action, 0),
    };

    if (g_strcmp0(action, "pause") == 0) {
        expect_stop(domain, VIRTCPU_PAUSED_WATCHDOG, VIRTCPU_SUSPENDED_WATCHDOG);
    }
    post(domain, &note);
}

/* ---- disks ---- */

/* What clients know of a disk; all owned. */
typedef struct {
    char *alias, *path, *target;
} DiskNames;

static void
disk_names_clear(DiskNames *names)
{
    g_free(names->alias);
    g_free(names->path);
    g_free(names->target);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DiskNames, disk_names_clear)

/* TRUE when @name is what QEMU may call @disk: its device, or one of its two nodes. */
static gboolean
is_called(const VirtCpuDiskDef *disk, const char *name)
{
    g_autofree char *format = g_strdup_printf("libvirt-%u-format", disk->node);
    g_autofree char *storage = g_strdup_printf("libvirt-%u-storage", disk->node);

    return g_strcmp0(disk->info.alias, name) == 0 || g_str_equal(format, name) ||
           g_str_equal(storage, name);
}

/* The disk of which member @key of @data names the node or device. FALSE for none. */
static gboolean
find_disk(VirtCpuDomain *domain, const VirtCpuJson *data, const char *key, DiskNames *names)
{
    const char *name = virtcpu_json_get_string(data, key);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    for (guint i = 0; name && domain->live && i < domain->live->disks->len; i++) {
        const VirtCpuDiskDef *disk = g_ptr_array_index(domain->live->disks, i);

        if (is_called(disk, name)) {
            names->alias = g_strdup(disk->info.alias);
            names->path = g_strdup(disk->source ? disk->source : "");
            names->target = g_strdup(disk->target);
            return TRUE;
        }
    }
    return FALSE;
}

/* virDomainEventIOErrorAction. */
static const Number error_actions[] = { { "ignore", 0 }, { "stop", 1 }, { "report", 2 } };

static void
on_io_error(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    const char *action = virtcpu_json_get_string(data, "action");
    g_auto(DiskNames) names = { 0 };
    VirtCpuNote note = {
        .kind = VIRTCPU_NOTE_IO_ERROR,
        .event = number_of(error_actions, G_N_ELEMENTS(error_actions), action, 0),
        .reason = virtcpu_json_get_bool(data, "nospace", FALSE) ? "enospc" : "",
    };
    const gboolean known =
        find_disk(domain, data, "node-name", &names) || find_disk(domain, data, "device", &names);

    if (g_strcmp0(action, "stop") == 0) {
        expect_stop(domain, VIRTCPU_PAUSED_IOERROR, VIRTCPU_SUSPENDED_IOERROR);
    }
    note.text = known ? names.path : "";
    note.detail_text = known ? names.alias : "";
    post(domain, &note);
}

/* virDomainBlockJobType. */
static const Number job_types[] = {
    { "stream", 1 },
    { "mirror", 2 },
    { "commit", 3 },
    { "backup", 5 },
};

enum { JOB_COMPLETED = 0, JOB_FAILED = 1, JOB_CANCELLED = 2, JOB_READY = 3 };

static void
note_block_job(VirtCpuDomain *domain, const VirtCpuJson *data, int status)
{
    const char *type = virtcpu_json_get_string(data, "type");
    g_auto(DiskNames) names = { 0 };
    VirtCpuNote note = {
        .kind = VIRTCPU_NOTE_BLOCK_JOB,
        .event = number_of(job_types, G_N_ELEMENTS(job_types), type, 0),
        .detail = status,
    };

    /* a job that is no disk's is somebody else's affair */
    if (find_disk(domain, data, "device", &names)) {
        note.text = names.path;
        note.detail_text = names.target;
        post(domain, &note);
    }
}

static void
on_job_completed(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    note_block_job(domain, data, virtcpu_json_get(data, "error") ? JOB_FAILED : JOB_COMPLETED);
}

static void
on_job_cancelled(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    note_block_job(domain, data, JOB_CANCELLED);
}

static void
on_job_ready(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    note_block_job(domain, data, JOB_READY);
}

static void
on_threshold(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    g_auto(DiskNames) names = { 0 };
    VirtCpuNote note = { .kind = VIRTCPU_NOTE_BLOCK_THRESHOLD };
    gint64 excess;

    if (find_disk(domain, data, "node-name", &names) &&
        virtcpu_json_get_int(data, "write-threshold", &note.number) &&
        virtcpu_json_get_int(data, "amount-exceeded", &excess)) {
        note.excess = excess;
        note.text = names.target;
        note.detail_text = names.path;
        post(domain, &note);
    }
}

/* ---- graphics ---- */

/* virDomainEventGraphicsAddressType. */
static const Number families[] = { { "ipv4", 0 }, { "ipv6", 1 }, { "unix", 2 } };

enum { GRAPHICS_CONNECT = 0, GRAPHICS_INITIALIZE = 1, GRAPHICS_DISCONNECT = 2 };

static void
copy_word(char *to, gsize size, const VirtCpuJson *from, const char *key)
{
    const char *word = virtcpu_json_get_string(from, key);

    g_strlcpy(to, word ? word : "", size);
}

static void
fill_end(VirtCpuGraphicsEnd *end, const VirtCpuJson *from)
{
    end->family =
        number_of(families, G_N_ELEMENTS(families), virtcpu_json_get_string(from, "family"), 0);
    copy_word(end->node, sizeof(end->node), from, "host");
    copy_word(end->service, sizeof(end->service), from, "service");
    if (end->service[0] == '\0') {
        copy_word(end->service, sizeof(end->service), from, "port"); /* SPICE says it so */
    }
}

static void
note_graphics(VirtCpuDomain *domain, const VirtCpuJson *data, int phase)
{
    const VirtCpuJson *client = virtcpu_json_get(data, "client");
    const VirtCpuJson *server = virtcpu_json_get(data, "server");
    VirtCpuGraphicsNote graphics = { .phase = phase };
    VirtCpuNote note = { .kind = VIRTCPU_NOTE_GRAPHICS, .graphics = &graphics };

    fill_end(&graphics.local, server);
    fill_end(&graphics.remote, client);
    copy_word(graphics.auth, sizeof(graphics.auth), server, "auth");
    copy_word(graphics.x509_name, sizeof(graphics.x509_name), client, "x509_dname");
    copy_word(graphics.sasl_user, sizeof(graphics.sasl_user), client, "sasl_username");
    post(domain, &note);
}

static void
on_graphics_connect(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    note_graphics(domain, data, GRAPHICS_CONNECT);
}

static void
on_graphics_initialize(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    note_graphics(domain, data, GRAPHICS_INITIALIZE);
}

static void
on_graphics_disconnect(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    note_graphics(domain, data, GRAPHICS_DISCONNECT);
}

/* ---- sleep ---- */

static void
fall_asleep(VirtCpuDomain *domain, int detail)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    if (domain->run && domain->state == VIRTCPU_DOMAIN_RUNNING) {
        domain->state = VIRTCPU_DOMAIN_PMSUSPENDED;
        domain->reason = 0;
        virtcpu_domain_note_lifecycle_locked(domain, VIRTCPU_EVENT_PMSUSPENDED, detail);
    }
}

static void
wake_up(VirtCpuDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    if (domain->run && domain->state == VIRTCPU_DOMAIN_PMSUSPENDED) {
        domain->state = VIRTCPU_DOMAIN_RUNNING;
        domain->reason = VIRTCPU_RUNNING_WAKEUP;
        virtcpu_domain_note_lifecycle_locked(domain, VIRTCPU_EVENT_STARTED, VIRTCPU_STARTED_WAKEUP);
    }
}

static void
on_suspend(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    fall_asleep(domain, VIRTCPU_PMSUSPENDED_MEMORY);
    virtcpu_domain_note(domain, VIRTCPU_NOTE_PMSUSPEND, 0);
}

static void
on_suspend_disk(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    fall_asleep(domain, VIRTCPU_PMSUSPENDED_DISK);
    virtcpu_domain_note(domain, VIRTCPU_NOTE_PMSUSPEND_DISK, 0);
}

static void
on_wakeup(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    wake_up(domain);
    virtcpu_domain_note(domain, VIRTCPU_NOTE_PMWAKEUP, 0);
}

/* ---- the guest ---- */

#define AGENT_PORT "org.qemu.guest_agent.0"
/* virConnectDomainEventAgentLifecycleState and -Reason. */
enum { AGENT_CONNECTED = 1, AGENT_DISCONNECTED = 2, AGENT_BY_CHANNEL = 2 };

static gboolean
is_agent(VirtCpuDomain *domain, const char *alias)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    for (guint i = 0; domain->live && i < domain->live->channels->len; i++) {
        const VirtCpuChardevDef *channel = g_ptr_array_index(domain->live->channels, i);

        if (g_strcmp0(channel->info.alias, alias) == 0) {
            return g_strcmp0(channel->target_name, AGENT_PORT) == 0;
        }
    }
    return FALSE;
}

static void
on_port_change(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    VirtCpuNote note = {
        .kind = VIRTCPU_NOTE_AGENT_LIFECYCLE,
        .event = virtcpu_json_get_bool(data, "open", FALSE) ? AGENT_CONNECTED : AGENT_DISCONNECTED,
        .detail = AGENT_BY_CHANNEL,
    };

    if (is_agent(domain, virtcpu_json_get_string(data, "id"))) {
        post(domain, &note);
    }
}

static void
on_crash_loaded(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    virtcpu_domain_note_lifecycle(domain, VIRTCPU_EVENT_CRASHED, VIRTCPU_CRASHED_CRASHLOADED);
}

/* virDomainMemoryFailureRecipientType, -ActionType and -Flags. */
static const Number failure_recipients[] = { { "hypervisor", 0 }, { "guest", 1 } };
static const Number failure_actions[] = {
    { "ignore", 0 },
    { "inject", 1 },
    { "fatal", 2 },
    { "reset", 3 },
};
enum { FAILURE_ACTION_REQUIRED = 1 << 0, FAILURE_RECURSIVE = 1 << 1 };

static void
on_memory_failure(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    const VirtCpuJson *flags = virtcpu_json_get(data, "flags");
    VirtCpuNote note = {
        .kind = VIRTCPU_NOTE_MEMORY_FAILURE,
        .event = number_of(failure_recipients, G_N_ELEMENTS(failure_recipients),
                           virtcpu_json_get_string(data, "recipient"), 0),
        .detail = number_of(failure_actions, G_N_ELEMENTS(failure_actions),
                            virtcpu_json_get_string(data, "action"), 0),
    };

    note.number |=
        virtcpu_json_get_bool(flags, "action-required", FALSE) ? FAILURE_ACTION_REQUIRED : 0;
    note.number |= virtcpu_json_get_bool(flags, "recursive", FALSE) ? FAILURE_RECURSIVE : 0;
    post(domain, &note);
}

static const struct {
    const char *name;
    NewsFunc func;
} news[] = {
    { "BLOCK_IO_ERROR", on_io_error },
    { "BLOCK_JOB_CANCELLED", on_job_cancelled },
    { "BLOCK_JOB_COMPLETED", on_job_completed },
    { "BLOCK_JOB_READY", on_job_ready },
    { "BLOCK_WRITE_THRESHOLD", on_threshold },
    { "GUEST_CRASHLOADED", on_crash_loaded },
    { "MEMORY_FAILURE", on_memory_failure },
    { "SPICE_CONNECTED", on_graphics_connect },
    { "SPICE_DISCONNECTED", on_graphics_disconnect },
    { "SPICE_INITIALIZED", on_graphics_initialize },
    { "SUSPEND", on_suspend },
    { "SUSPEND_DISK", on_suspend_disk },
    { "VNC_CONNECTED", on_graphics_connect },
    { "VNC_DISCONNECTED", on_graphics_disconnect },
    { "VNC_INITIALIZED", on_graphics_initialize },
    { "VSERPORT_CHANGE", on_port_change },
    { "WAKEUP", on_wakeup },
    { "WATCHDOG", on_watchdog },
};

void
virtcpu_domain_take_news(VirtCpuDomain *domain, const char *name, const VirtCpuJson *data)
{
    for (gsize i = 0; i < G_N_ELEMENTS(news); i++) {
        if (g_str_equal(name, news[i].name)) {
            news[i].func(domain, data);
            return;
        }
    }
}
