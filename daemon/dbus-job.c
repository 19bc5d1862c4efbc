/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/dbus-job.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "daemon/dbus-error.h"
#include "daemon/dbus-options.h"
#include "daemon/dbus-service.h"

/* Progress is told no more often than this, but for the last word and what went wrong. */
#define PROGRESS_US (G_TIME_SPAN_SECOND / 10)

struct _VirtCpuDbusJob {
    GDBusMethodInvocation *invocation;
    const VirtCpuDbusVerb *verb;
    GVariant *options;
    VirtCpuDriver *driver;
    GCancellable *cancel;
    gboolean trusted;
    gint64 told; /* monotonic time of the last word on progress */
    char *answer;
    GError *error;
};

static void
job_free(VirtCpuDbusJob *job)
{
    g_variant_unref(job->options);
    g_object_unref(job->cancel);
    g_free(job->answer);
    g_clear_error(&job->error);
    g_free(job);
}

VirtCpuDbusJob *
virtcpu_dbus_job_new(GDBusMethodInvocation *invocation, const VirtCpuDbusVerb *verb,
                     GVariant *options, VirtCpuDriver *driver)
{
    g_autoptr(GError) error = NULL;
    VirtCpuDbusJob *job;

    if (!virtcpu_dbus_options_check(options, verb->options, &error)) {
        virtcpu_dbus_error_return(invocation, error);
        return NULL;
    }
    job = g_new0(VirtCpuDbusJob, 1);
    job->invocation = invocation;
    job->verb = verb;
    job->options = g_variant_ref(options);
    job->driver = driver;
    job->cancel = g_cancellable_new();
    return job;
}

void
virtcpu_dbus_job_refuse(VirtCpuDbusJob *job, const GError *error)
{
    virtcpu_dbus_error_return(job->invocation, error);
    job_free(job);
}

const char *
virtcpu_dbus_job_name(const VirtCpuDbusJob *job)
{
    return virtcpu_dbus_option_text(job->options, "job");
}

gsize
virtcpu_dbus_job_bytes(const VirtCpuDbusJob *job)
{
    return g_variant_get_size(job->options);
}

const char *
virtcpu_dbus_job_action(const VirtCpuDbusJob *job)
{
    const char *option = job->verb->action_option;

    return option == NULL || virtcpu_dbus_option_is_true(job->options, option) ? job->verb->action
                                                                               : NULL;
}

gboolean
virtcpu_dbus_job_is_interactive(const VirtCpuDbusJob *job)
{
    GDBusMessage *message = g_dbus_method_invocation_get_message(job->invocation);

    return (g_dbus_message_get_flags(message) &
            G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0;
}

GCancellable *
virtcpu_dbus_job_cancellable(const VirtCpuDbusJob *job)
{
    return job->cancel;
}

void
virtcpu_dbus_job_trust(VirtCpuDbusJob *job)
{
    job->trusted = TRUE;
}

/* Tell the caller, if it gave the job a name. Workers. */
static void
tell_progress(const char *subject, guint done, guint total, gboolean failed, gpointer user_data)
{
    VirtCpuDbusJob *job = user_data;
    const gint64 now = g_get_monotonic_time();
    const char *name = virtcpu_dbus_job_name(job);

    if (name == NULL || (now - job->told < PROGRESS_US && done < total && !failed)) {
        return;
    }
    job->told = now;
    g_dbus_connection_emit_signal(
        g_dbus_method_invocation_get_connection(job->invocation),
        g_dbus_method_invocation_get_sender(job->invocation), VIRTCPU_DBUS_PATH, VIRTCPU_DBUS_NAME,
        "Progress", g_variant_new("(ssuub)", name, subject, done, total, failed), NULL);
}

void
virtcpu_dbus_job_run(VirtCpuDbusJob *job)
{
    const VirtCpuDbusRequest request = {
        .driver = job->driver,
        .options = job->options,
        .trusted = job->trusted,
        .cancel = job->cancel,
        .progress = tell_progress,
        .user_data = job,
    };
    g_autoptr(VirtCpuJson) document = NULL;

    if (g_cancellable_is_cancelled(job->cancel)) {
        virtcpu_error_set(&job->error, VIRTCPU_ERR_OPERATION_ABORTED, _("The call was cancelled."));
        return;
    }
    document = job->verb->run(&request, &job->error);
    g_assert((document == NULL) == (job->error != NULL));
    if (document != NULL) {
        job->answer = virtcpu_json_format(document, FALSE);
    }
}

void
virtcpu_dbus_job_finish(VirtCpuDbusJob *job)
{
    if (job->error != NULL) {
        virtcpu_dbus_error_return(job->invocation, job->error);
    } else {
        g_dbus_method_invocation_return_value(job->invocation, g_variant_new("(s)", job->answer));
    }
    job_free(job);
}
