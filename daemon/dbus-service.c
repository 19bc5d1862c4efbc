/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/dbus-service.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "config.h"
#include "daemon/dbus-error.h"
#include "daemon/dbus-job.h"
#include "daemon/dbus-rights.h"
#include "schemas/dbus-interface.h"

/* Calls of one caller that may wait or be in progress; more are refused. */
#define MAX_CALLS 64
/* What the options of all calls that wait or are in progress may take. */
#define MAX_BYTES (64u * 1024 * 1024)

struct _VirtCpuDbusService {
    GDBusConnection *connection;
    VirtCpuDriver *driver;
    char *uri;
    unsigned max_requests;
    guint object;        /* its registration */
    GHashTable *callers; /* unique name to Caller */
    GThreadPool *workers;
    unsigned busy;
    gsize bytes; /* of the options of those */
    guint64 total;
};

/* One member of the bus, as long as calls of it wait or are in progress. */
typedef struct {
    VirtCpuDbusService *service;
    char *name;
    guint watch;
    gboolean known; /* its user is */
    gboolean own;   /* it may do everything */
    gboolean asking;
    gboolean gone;
    GQueue waiting;  /* of VirtCpuDbusJob */
    GPtrArray *jobs; /* in progress, of Task */
} Caller;

/* A job in progress. */
typedef struct {
    Caller *caller;
    VirtCpuDbusJob *job;
} Task;

static void caller_go_on(Caller *caller);

/* ---- jobs in progress ---- */

static void
count_job(VirtCpuDbusService *service, const VirtCpuDbusJob *job)
{
    service->busy++;
    service->bytes += virtcpu_dbus_job_bytes(job);
}

static void
uncount_job(VirtCpuDbusService *service, const VirtCpuDbusJob *job)
{
    service->busy--;
    service->bytes -= virtcpu_dbus_job_bytes(job);
}

/* Forget @task, whose job is over, and let the caller's next one in. */
static void
task_end(Task *task)
{
    Caller *caller = task->caller;

    g_ptr_array_remove_fast(caller->jobs, task);
    g_free(task);
    caller_go_on(caller);
}

static gboolean
task_worked(gpointer data)
{
    Task *task = data;

    uncount_job(task->caller->service, task->job);
    virtcpu_dbus_job_finish(task->job);
    task_end(task);
    return G_SOURCE_REMOVE;
}

static void
work(gpointer data, gpointer user_data)
{
    virtcpu_dbus_job_run(((Task *)data)->job);
    g_main_context_invoke_full(NULL, G_PRIORITY_DEFAULT, task_worked, data, NULL);
}

static void
task_authorized(const GError *refusal, gpointer data)
{
    Task *task = data;

    if (refusal != NULL) {
        uncount_job(task->caller->service, task->job);
        virtcpu_dbus_job_refuse(task->job, refusal);
        task_end(task);
        return;
    }
    virtcpu_dbus_job_trust(task->job);
    g_thread_pool_push(task->caller->service->workers, task, NULL);
}

/* Ask whether the caller may, where that is a question, then have a worker do it. */
static void
task_start(Caller *caller, VirtCpuDbusJob *job)
{
    const char *action = virtcpu_dbus_job_action(job);
    Task *task = g_new0(Task, 1);

    task->caller = caller;
    task->job = job;
    g_ptr_array_add(caller->jobs, task);
    if (caller->own) {
        virtcpu_dbus_job_trust(job);
    }
    if (caller->own || action == NULL) {
        g_thread_pool_push(caller->service->workers, task, NULL);
    } else {
        virtcpu_dbus_rights_ask(caller->service->connection, caller->name, action,
                                virtcpu_dbus_job_is_interactive(job),
                                virtcpu_dbus_job_cancellable(job), task_authorized, task);
    }
}

/* ---- callers ---- */

static void
caller_free(gpointer data)
{
    Caller *caller = data;

    g_dbus_connection_signal_unsubscribe(caller->service->connection, caller->watch);
    g_ptr_array_unref(caller->jobs);
    g_free(caller->name);
    g_free(caller);
}

/* @job was taken from those that wait. */
static void
caller_refuse(const Caller *caller, VirtCpuDbusJob *job)
{
    g_autoptr(GError) error = NULL;

    virtcpu_error_set(&error, VIRTCPU_ERR_OPERATION_ABORTED, _("The call was cancelled."));
    uncount_job(caller->service, job);
    virtcpu_dbus_job_refuse(job, error);
}

static void
caller_cancel(Caller *caller)
{
    VirtCpuDbusJob *job;

    caller->gone = TRUE;
    while ((job = g_queue_pop_head(&caller->waiting)) != NULL) {
        caller_refuse(caller, job);
    }
    for (guint i = 0; i < caller->jobs->len; i++) {
        const Task *task = g_ptr_array_index(caller->jobs, i);

        g_cancellable_cancel(virtcpu_dbus_job_cancellable(task->job));
    }
}

/* Start what may start; forget the caller when nothing is left to do for it. */
static void
caller_go_on(Caller *caller)
{
    if (caller->asking) {
        return;
    }
    while (caller->known && caller->jobs->len < caller->service->max_requests &&
           !g_queue_is_empty(&caller->waiting)) {
        task_start(caller, g_queue_pop_head(&caller->waiting));
    }
    if (caller->jobs->len == 0 && g_queue_is_empty(&caller->waiting)) {
        g_hash_table_remove(caller->service->callers, caller->name);
    }
}

/* The bus told who the caller is, or that it is gone already. */
static void
caller_identified(GObject *source, GAsyncResult *result, gpointer data)
{
    Caller *caller = data;
    g_autoptr(GError) failure = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &failure);
    guint32 uid;

    caller->asking = FALSE;
    if (reply != NULL) {
        g_variant_get(reply, "(u)", &uid);
        caller->known = TRUE;
        caller->own = virtcpu_dbus_rights_own(uid);
    } else {
        caller_cancel(caller);
    }
    caller_go_on(caller);
}

static void
caller_vanished(GDBusConnection *connection, const char *sender, const char *path,
                const char *interface, const char *signal, GVariant *parameters, gpointer data)
{
    Caller *caller = data;
    const char *new_owner;

    g_variant_get(parameters, "(&s&s&s)", NULL, NULL, &new_owner);
    if (new_owner[0] == '\0' && !caller->gone) {
        caller_cancel(caller);
        caller_go_on(caller);
    }
}

static Caller *
get_caller(VirtCpuDbusService *service, const char *name)
{
    Caller *caller = g_hash_table_lookup(service->callers, name);

    if (caller != NULL) {
        return caller;
    }
    caller = g_new0(Caller, 1);
    caller->service = service;
    caller->name = g_strdup(name);
    caller->jobs = g_ptr_array_new();
    g_queue_init(&caller->waiting);
    g_hash_table_insert(service->callers, caller->name, caller);
    caller->watch = g_dbus_connection_signal_subscribe(
        service->connection, "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged",
        "/org/freedesktop/DBus", name, G_DBUS_SIGNAL_FLAGS_NONE, caller_vanished, caller, NULL);
    caller->asking = TRUE;
    g_dbus_connection_call(service->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                           "org.freedesktop.DBus", "GetConnectionUnixUser",
                           g_variant_new("(s)", name), G_VARIANT_TYPE("(u)"),
                           G_DBUS_CALL_FLAGS_NONE, -1, NULL, caller_identified, caller);
    return caller;
}

static gboolean
is_named(const VirtCpuDbusJob *job, const char *name)
{
    return name != NULL && g_strcmp0(virtcpu_dbus_job_name(job), name) == 0;
}

/* The link of the waiting job called @name, or NULL. */
static GList *
find_waiting(Caller *caller, const char *name)
{
    for (GList *link = caller->waiting.head; link != NULL; link = link->next) {
        if (is_named(link->data, name)) {
            return link;
        }
    }
    return NULL;
}

/* The job in progress called @name, or NULL. */
static VirtCpuDbusJob *
find_running(const Caller *caller, const char *name)
{
    for (guint i = 0; i < caller->jobs->len; i++) {
        const Task *task = g_ptr_array_index(caller->jobs, i);

        if (is_named(task->job, name)) {
            return task->job;
        }
    }
    return NULL;
}

/* ---- methods ---- */

/* FALSE with @error set when there are too many calls, or one of that name. */
static gboolean
check_room(Caller *caller, const VirtCpuDbusJob *job, GError **error)
{
    const char *name = virtcpu_dbus_job_name(job);

    if (caller->jobs->len + caller->waiting.length >= MAX_CALLS) {
        virtcpu_error_set(error, VIRTCPU_ERR_RESOURCE_BUSY,
                          _("This caller has %d calls in progress already; wait for one to end."),
                          MAX_CALLS);
        return FALSE;
    }
    if (caller->service->bytes + virtcpu_dbus_job_bytes(job) > MAX_BYTES) {
        virtcpu_error_set(error, VIRTCPU_ERR_RESOURCE_BUSY,
                          _("The calls in progress are too large together; try again later."));
        return FALSE;
    }
    if (find_waiting(caller, name) != NULL || find_running(caller, name) != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("A job named '%s' is in progress already."), name);
        return FALSE;
    }
    return TRUE;
}

static void
call_verb(VirtCpuDbusService *service, const VirtCpuDbusVerb *verb, GVariant *parameters,
          GDBusMethodInvocation *invocation)
{
    g_autoptr(GVariant) options = g_variant_get_child_value(parameters, 0);
    g_autoptr(GError) error = NULL;
    VirtCpuDbusJob *job = virtcpu_dbus_job_new(invocation, verb, options, service->driver);
    Caller *caller;

    if (job == NULL) {
        return;
    }
    caller = get_caller(service, g_dbus_method_invocation_get_sender(invocation));
    if (!check_room(caller, job, &error)) {
        virtcpu_dbus_job_refuse(job, error);
        caller_go_on(caller);
        return;
    }
    count_job(service, job);
    g_queue_push_tail(&caller->waiting, job);
    caller_go_on(caller);
}

/* FALSE when @caller (may be NULL) has no job called @name. */
static gboolean
cancel_job(Caller *caller, const char *name)
{
    GList *waiting = caller != NULL ? find_waiting(caller, name) : NULL;
    VirtCpuDbusJob *job = caller != NULL ? find_running(caller, name) : NULL;

    if (waiting != NULL) {
        job = waiting->data;
        g_queue_delete_link(&caller->waiting, waiting);
        caller_refuse(caller, job);
    } else if (job != NULL) {
        g_cancellable_cancel(virtcpu_dbus_job_cancellable(job));
    }
    return job != NULL;
}

static void
cancel(VirtCpuDbusService *service, GVariant *parameters, GDBusMethodInvocation *invocation)
{
    const char *sender = g_dbus_method_invocation_get_sender(invocation);
    g_autoptr(GError) error = NULL;
    const char *name;

    g_variant_get(parameters, "(&s)", &name);
    if (cancel_job(g_hash_table_lookup(service->callers, sender), name)) {
        g_dbus_method_invocation_return_value(invocation, NULL);
        return;
    }
    virtcpu_error_set(&error, VIRTCPU_ERR_OPERATION_INVALID,
                      _("This caller has no job '%.64s' in progress."), name);
    virtcpu_dbus_error_return(invocation, error);
}

static void
method_called(GDBusConnection *connection, const char *sender, const char *path,
              const char *interface, const char *method, GVariant *parameters,
              GDBusMethodInvocation *invocation, gpointer data)
{
    VirtCpuDbusService *service = data;
    const VirtCpuDbusVerb *verb = virtcpu_dbus_verb_find(method);

    service->total++;
    if (verb != NULL) {
        call_verb(service, verb, parameters, invocation);
    } else {
        cancel(service, parameters, invocation);
    }
}

static GVariant *
property_read(GDBusConnection *connection, const char *sender, const char *path,
              const char *interface, const char *property, GError **error, gpointer data)
{
    const VirtCpuDbusService *service = data;

    return g_variant_new_string(g_str_equal(property, "Version") ? VIRTCPU_VERSION : service->uri);
}

/* ---- the service ---- */

VirtCpuDbusService *
virtcpu_dbus_service_new(GDBusConnection *connection, const VirtCpuDbusServiceConfig *config,
                         GError **error)
{
    static const GDBusInterfaceVTable vtable = {
        .method_call = method_called,
        .get_property = property_read,
    };
    /* GIO does not write to it: its reference count says that it is static */
    GDBusInterfaceInfo *interface = (gpointer)(guintptr)&org_virtcpu_daemon1_interface;
    g_autoptr(VirtCpuDbusService) service = g_new0(VirtCpuDbusService, 1);

    service->connection = g_object_ref(connection);
    service->driver = config->driver;
    service->uri = g_strdup(config->uri);
    service->max_requests = config->max_requests;
    service->callers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, caller_free);
    /* a pool that shares GLib's threads cannot fail to start */
    service->workers = g_thread_pool_new(work, NULL, (int)config->workers, FALSE, NULL);
    service->object = g_dbus_connection_register_object(connection, VIRTCPU_DBUS_PATH, interface,
                                                        &vtable, service, NULL, error);
    return service->object != 0 ? g_steal_pointer(&service) : NULL;
}

static void
cancel_caller(gpointer name, gpointer caller, gpointer user_data)
{
    caller_cancel(caller);
}

void
virtcpu_dbus_service_free(VirtCpuDbusService *service)
{
    if (service == NULL) {
        return;
    }
    if (service->object != 0) {
        g_dbus_connection_unregister_object(service->connection, service->object);
    }
    g_hash_table_foreach(service->callers, cancel_caller, NULL);
    while (g_hash_table_size(service->callers) > 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_hash_table_unref(service->callers);
    g_thread_pool_free(service->workers, FALSE, TRUE);
    g_object_unref(service->connection);
    g_free(service->uri);
    g_free(service);
}

unsigned
virtcpu_dbus_service_busy(const VirtCpuDbusService *service)
{
    return service->busy;
}

guint64
virtcpu_dbus_service_total(const VirtCpuDbusService *service)
{
    return service->total;
}
