/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-status.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/json.h"
#include "drivers/qemu/domain-files.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/state-file.h"

#include <glib/gstdio.h>
#include <string.h>

#define STATUS_SUFFIX ".json"
#define STATUS_FORMAT 1

void
virtcpu_domain_status_free(VirtCpuDomainStatus *status)
{
    if (!status) {
        return;
    }
    g_free(status->monitor_path);
    g_clear_pointer(&status->lent, g_ptr_array_unref);
    g_free(status->path);
    virtcpu_domain_def_free(status->live);
    virtcpu_domain_def_free(status->original);
    g_free(status);
}

static char *
passport_path(VirtCpuDriver *driver, const char *name)
{
    return g_strdup_printf("%s/%s.passport", driver->state_dir, name);
}

static char *
status_path(VirtCpuDriver *driver, const char *name)
{
    return g_strdup_printf("%s/%s" STATUS_SUFFIX, driver->state_dir, name);
}

char *
virtcpu_domain_monitor_path(VirtCpuDriver *driver, const char *name)
{
    return g_strdup_printf("%s/%s.monitor", driver->state_dir, name);
}

static gboolean
write_status(VirtCpuDomain *domain, const VirtCpuJson *json, GError **error)
{
    g_autofree char *path = status_path(domain->driver, domain->name);
    g_autofree char *text = virtcpu_json_format(json, TRUE);

    return virtcpu_state_file_write(path, text, error);
}

static VirtCpuJson *
new_status(VirtCpuDomain *domain, const char *monitor_path)
{
    g_autofree char *uuid = virtcpu_uuid_to_string(domain->uuid);
    VirtCpuJson *json = virtcpu_json_new_object();

    virtcpu_json_set_int(json, "format", STATUS_FORMAT);
    virtcpu_json_set_string(json, "name", domain->name);
    virtcpu_json_set_string(json, "uuid", uuid);
    virtcpu_json_set_string(json, "monitor", monitor_path);
    if (domain->lent) {
        virtcpu_json_set(json, "lent", virtcpu_file_loans_to_json(domain->lent));
    }
    return json;
}

gboolean
virtcpu_domain_status_save_starting(VirtCpuDomain *domain, const char *monitor_path, GError **error)
{
    g_autofree char *passport = passport_path(domain->driver, domain->name);
    g_autoptr(VirtCpuJson) json = new_status(domain, monitor_path);

    g_unlink(passport); /* one that was left behind is of another start */
    virtcpu_json_set_bool(json, "starting", TRUE);
    return write_status(domain, json, error);
}

/* Under the lock. */
static void
add_operation(VirtCpuJson *json, const VirtCpuDomainOperation *operation)
{
    VirtCpuJson *member;

    if (!operation->phase) {
        return;
    }
    member = virtcpu_json_set(json, "operation", virtcpu_json_new_object());
    virtcpu_json_set_string(member, "kind", virtcpu_operation_to_word(operation->kind));
    virtcpu_json_set_int(member, "phase", operation->phase);
    virtcpu_json_set_bool(member, "resume", operation->resume);
    virtcpu_json_set_string(member, "path", operation->path);
}

/* @live: NULL for what runs. */
static gboolean
save(VirtCpuDomain *domain, const VirtCpuDomainDef *live, GError **error)
{
    VirtCpuDomainRun *run = domain->run;
    g_autoptr(VirtCpuJson) json = new_status(domain, run->monitor_path);
    guint64 start_time = virtcpu_process_start_time(run->process);
    g_autofree char *xml = NULL, *original = NULL;

    g_mutex_lock(&domain->lock);
    virtcpu_json_set_int(json, "id", domain->id);
    virtcpu_json_set_int(json, "state", (int)domain->state);
    virtcpu_json_set_int(json, "reason", domain->reason);
    virtcpu_json_set_bool(json, "acknowledged", run->acknowledged);
    virtcpu_json_set_bool(json, "fake-reboot", run->fake_reboot);
    virtcpu_json_set_bool(json, "autodestroy", run->owner != 0);
    add_operation(json, &domain->operation);
    xml = virtcpu_domain_def_format(live ? live : domain->live, VIRTCPU_DOMAIN_XML_SECURE);
    original = virtcpu_domain_def_format(domain->original,
                                         VIRTCPU_DOMAIN_XML_SECURE | VIRTCPU_DOMAIN_XML_INACTIVE);
    g_mutex_unlock(&domain->lock);
    virtcpu_json_set_int(json, "pid", virtcpu_process_pid(run->process));
    virtcpu_json_set(json, "start-time", virtcpu_json_new_uint(start_time));
    virtcpu_json_set(json, "log-from", virtcpu_json_new_uint(run->log_from));
    virtcpu_json_set_string(json, "definition", xml);
    virtcpu_json_set_string(json, "original", original);
    return write_status(domain, json, error);
}

gboolean
virtcpu_domain_status_save(VirtCpuDomain *domain, GError **error)
{
    return save(domain, NULL, error);
}

gboolean
virtcpu_domain_status_save_as(VirtCpuDomain *domain, const VirtCpuDomainDef *live, GError **error)
{
    return save(domain, live, error);
}

void
virtcpu_domain_status_remove(VirtCpuDomain *domain)
{
    g_autofree char *path = status_path(domain->driver, domain->name);
    g_autofree char *monitor = virtcpu_domain_monitor_path(domain->driver, domain->name);
    g_autofree char *passport = passport_path(domain->driver, domain->name);
    g_autoptr(GError) error = NULL;

    virtcpu_domain_files_return(domain);
    g_unlink(monitor);
    g_unlink(passport);
    if (!virtcpu_state_file_remove(path, &error)) {
        g_message("Status of domain '%s' stays behind: %s", domain->name, error->message);
    }
}

/* Read a member that must be an integer from @min to @max. */
static gboolean
read_int(const VirtCpuJson *json, const char *key, gint64 min, gint64 max, gint64 *value)
{
    return virtcpu_json_get_int(json, key, value) && *value >= min && *value <= max;
}

static gboolean
fill_operation(VirtCpuDomainStatus *status, const VirtCpuJson *json)
{
    gint64 phase;

    if (!json) {
        return TRUE;
    }
    status->operation = virtcpu_operation_from_word(virtcpu_json_get_string(json, "kind"));
    if (status->operation == VIRTCPU_OPERATION_NONE ||
        !read_int(json, "phase", 1, G_MAXINT32, &phase)) {
        return FALSE;
    }
    status->phase = (unsigned)phase;
    status->resume = virtcpu_json_get_bool(json, "resume", FALSE);
    status->path = g_strdup(virtcpu_json_get_string(json, "path"));
    return TRUE;
}

static gboolean
fill_running(VirtCpuDomainStatus *status, const VirtCpuJson *json, GError **error)
{
    const char *xml = virtcpu_json_get_string(json, "definition");
    const char *original = virtcpu_json_get_string(json, "original");
    gint64 id, pid, state, reason;

    if (!xml || !original || !read_int(json, "id", 1, G_MAXINT32, &id) ||
        !read_int(json, "pid", 2, G_MAXINT32, &pid) ||
        !read_int(json, "state", 0, VIRTCPU_DOMAIN_PMSUSPENDED, &state) ||
        !read_int(json, "reason", 0, G_MAXINT32, &reason) ||
        !virtcpu_json_to_uint(virtcpu_json_get(json, "start-time"), &status->start_time) ||
        !fill_operation(status, virtcpu_json_get(json, "operation"))) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("a member is missing or out of range"));
        return FALSE;
    }
    status->id = (int)id;
    status->pid = (pid_t)pid;
    status->state = (int)state;
    status->reason = (int)reason;
    status->acknowledged = virtcpu_json_get_bool(json, "acknowledged", TRUE);
    if (!virtcpu_json_to_uint(virtcpu_json_get(json, "log-from"), &status->log_from)) {
        status->log_from = 0; /* an older daemon's */
    }
    status->owned = virtcpu_json_get_bool(json, "autodestroy", FALSE);
    status->fake_reboot = virtcpu_json_get_bool(json, "fake-reboot", FALSE);
    status->live = virtcpu_domain_def_parse(xml, FALSE, error);
    if (!status->live) {
        return FALSE;
    }
    status->original = virtcpu_domain_def_parse(original, FALSE, error);
    return status->original != NULL;
}

static VirtCpuDomainStatus *
parse_status(const char *text, const char *name, const char *monitor_path, GError **error)
{
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(text, -1, error);
    g_autoptr(VirtCpuDomainStatus) status = g_new0(VirtCpuDomainStatus, 1);
    const char *uuid = virtcpu_json_get_string(json, "uuid");
    gint64 format;

    if (!json) {
        return NULL;
    }
    if (!uuid || !virtcpu_uuid_from_string(uuid, status->uuid) ||
        !read_int(json, "format", STATUS_FORMAT, STATUS_FORMAT, &format) ||
        g_strcmp0(virtcpu_json_get_string(json, "name"), name) != 0 ||
        g_strcmp0(virtcpu_json_get_string(json, "monitor"), monitor_path) != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("it is not the status of domain '%s'"), name);
        return NULL;
    }
    status->monitor_path = g_strdup(monitor_path);
    status->starting = virtcpu_json_get_bool(json, "starting", FALSE);
    if (virtcpu_json_get(json, "lent")) {
        status->lent = virtcpu_file_loans_from_json(virtcpu_json_get(json, "lent"));
    }
    if (!status->starting && !fill_running(status, json, error)) {
        return NULL;
    }
    return g_steal_pointer(&status);
}

VirtCpuDomainStatus *
virtcpu_domain_status_read(VirtCpuDriver *driver, const char *name, GError **error)
{
    g_autofree char *path = status_path(driver, name);
    g_autofree char *monitor = virtcpu_domain_monitor_path(driver, name);
    g_autofree char *text = virtcpu_state_file_read(path, error);
    VirtCpuDomainStatus *status = text ? parse_status(text, name, monitor, error) : NULL;

    if (status && status->live &&
        (strcmp(status->live->name, name) != 0 ||
         memcmp(status->live->uuid, status->uuid, VIRTCPU_UUID_BYTES) != 0)) {
        g_clear_pointer(&status, virtcpu_domain_status_free);
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("its definition is not that of domain '%s'"), name);
    }
    return status;
}

gboolean
virtcpu_domain_status_save_passport(VirtCpuDomain *domain, GError **error)
{
    g_autofree char *path = passport_path(domain->driver, domain->name);
    g_autoptr(VirtCpuPassport) passport = NULL;
    g_autofree char *xml = NULL;

    g_mutex_lock(&domain->lock);
    passport = domain->run->passport != NULL ? virtcpu_passport_ref(domain->run->passport) : NULL;
    g_mutex_unlock(&domain->lock);
    xml = passport != NULL ? virtcpu_passport_to_xml(passport) : NULL;
    return xml == NULL || virtcpu_state_file_write(path, xml, error);
}

VirtCpuPassport *
virtcpu_domain_status_read_passport(VirtCpuDriver *driver, const char *name)
{
    g_autofree char *path = passport_path(driver, name);
    g_autofree char *xml = virtcpu_state_file_read(path, NULL);
    g_autoptr(GError) error = NULL;
    VirtCpuPassport *passport = xml != NULL ? virtcpu_passport_parse(xml, &error) : NULL;

    if (error != NULL) {
        g_message("The passport of domain '%s' is made anew: %s", name, error->message);
    }
    return passport;
}

char **
virtcpu_domain_status_names(VirtCpuDriver *driver)
{
    return virtcpu_state_folder_list(driver->state_dir, STATUS_SUFFIX);
}
