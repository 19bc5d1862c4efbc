/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-edit.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-status.h"
#include "drivers/qemu/domain-store.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/driver-save.h"
#include "drivers/qemu/metadata.h"

#include <limits.h>
#include <string.h>

/* virDomainMetadataType. */
enum {
    METADATA_DESCRIPTION = 0,
    METADATA_TITLE = 1,
    METADATA_ELEMENT = 2,
};

/* What was written must be read again as it is: XML cannot say every text. */
static gboolean
check_readable(const VirtCpuDomainDef *def, GError **error)
{
    g_autofree char *xml = virtcpu_domain_def_format(def, VIRTCPU_DOMAIN_XML_SECURE);
    g_autoptr(VirtCpuDomainDef) again = virtcpu_domain_def_parse(xml, FALSE, error);
    g_autofree char *same = NULL;

    if (again == NULL) {
        return FALSE;
    }
    same = virtcpu_domain_def_format(again, VIRTCPU_DOMAIN_XML_SECURE);
    if (!g_str_equal(same, xml)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("the text has characters that XML does not keep"));
        return FALSE;
    }
    return TRUE;
}

/* ---- name ---- */

static gboolean
check_name(const char *name, GError **error)
{
    if (name[0] == '\0') {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("missing domain name"));
        return FALSE;
    }
    if (strchr(name, '/') != NULL || strchr(name, '\n') != NULL || strlen(name) > NAME_MAX - 16) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("name %s cannot contain '/' or a newline, or be longer than a file's"),
                          name);
        return FALSE;
    }
    return TRUE;
}

/* The job is held, so nothing of this changes meanwhile. */
static gboolean
may_be_renamed(VirtCpuDomain *domain, const char *new_name, GError **error)
{
    const char *reason = NULL;
    gboolean saved = FALSE;

    if (!virtcpu_driver_has_managed_image(domain->driver, domain->uuid, &saved, error)) {
        return FALSE;
    }
    if (virtcpu_domain_is_active(domain)) {
        reason = _("cannot rename active domain");
    } else if (!domain->config) {
        reason = _("cannot rename a transient domain");
    } else if (g_str_equal(domain->name, new_name)) {
        reason = _("Can't rename domain to itself");
    } else if (saved) {
        reason = _("domain with a managed saved state can't be renamed");
    }
    if (reason != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, "%s", reason);
    }
    return reason == NULL;
}

/* What the domain will be, in nobody's list yet (transfer full). */
static VirtCpuDomain *
make_renamed(VirtCpuDomain *domain, const char *new_name)
{
    VirtCpuDomain *renamed = virtcpu_domain_new(domain->driver, new_name, domain->uuid);

    renamed->config = virtcpu_domain_def_copy(domain->config);
    g_free(renamed->config->name);
    renamed->config->name = g_strdup(new_name);
    renamed->autostart = domain->autostart;
    renamed->removed = TRUE; /* nobody uses it before it has its place */
    renamed->state = domain->state;
    renamed->reason = domain->reason;
    return renamed;
}

/* The new files are there before the old ones go: what is cut short in between loses nothing. */
static gboolean
store_renamed(VirtCpuDomain *old, VirtCpuDomain *renamed, GError **error)
{
    VirtCpuDriver *driver = old->driver;

    if (!virtcpu_domain_store_save(driver, renamed->config, error)) {
        return FALSE;
    }
    if ((renamed->autostart &&
         !virtcpu_domain_store_set_autostart(driver, renamed->name, TRUE, error)) ||
        !virtcpu_domain_store_remove(driver, old->name, error)) {
        g_autoptr(GError) problem = NULL;

        if (!virtcpu_domain_store_remove(driver, renamed->name, &problem)) {
            g_message("Definition '%s' stays behind: %s", renamed->name, problem->message);
        }
        return FALSE;
    }
    return TRUE;
}

/* The job of @domain is held. */
static gboolean
rename_domain(VirtCpuDomain *domain, const char *new_name, GError **error)
{
    VirtCpuDomainList *domains = domain->driver->domains;
    g_autoptr(VirtCpuDomain) renamed = NULL;

    if (!may_be_renamed(domain, new_name, error)) {
        return FALSE;
    }
    renamed = make_renamed(domain, new_name);
    if (!check_readable(renamed->config, error) ||
        !virtcpu_domain_list_reserve(domains, renamed, error)) {
        return FALSE;
    }
    if (!store_renamed(domain, renamed, error)) {
        virtcpu_domain_list_cancel(domains, renamed);
        return FALSE;
    }
    virtcpu_domain_note_lifecycle(domain, VIRTCPU_EVENT_UNDEFINED, VIRTCPU_UNDEFINED_RENAMED);
    virtcpu_domain_list_replace(domains, domain, renamed);
    virtcpu_domain_note_lifecycle(renamed, VIRTCPU_EVENT_DEFINED, VIRTCPU_DEFINED_RENAMED);
    return TRUE;
}

gboolean
virtcpu_driver_rename(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                      const char *new_name, GError **error)
{
    VirtCpuDomain *domain;
    gboolean done;

    if (!check_name(new_name, error)) {
        return FALSE;
    }
    domain = virtcpu_driver_begin_job(driver, uuid, error);
    if (!domain) {
        return FALSE;
    }
    done = rename_domain(domain, new_name, error);
    virtcpu_driver_end_job(domain);
    return done;
}

/* ---- texts ---- */

/* One change of a definition's texts. */
typedef struct {
    int type;
    const char *text, *key, *uri;
} Edit;

static gboolean
check_edit(const Edit *edit, GError **error)
{
    if (edit->type == METADATA_TITLE && edit->text != NULL && strchr(edit->text, '\n') != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("metadata title can't contain newlines"));
        return FALSE;
    }
    if (edit->type < METADATA_DESCRIPTION || edit->type > METADATA_ELEMENT) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("unknown metadata type %d"),
                          edit->type);
        return FALSE;
    }
    if (edit->type != METADATA_ELEMENT) {
        return TRUE;
    }
    if (edit->uri == NULL || (edit->text != NULL && edit->key == NULL)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("a metadata element needs a namespace and a prefix"));
        return FALSE;
    }
    if (g_str_equal(edit->uri, VIRTCPU_CPU_NAMESPACE)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("metadata in namespace '%s' is part of the definition: define it anew"),
                          edit->uri);
        return FALSE;
    }
    return TRUE;
}

static void
swap_value(const Edit *edit, VirtCpuDomainDef *def, char **value)
{
    char **field = edit->type == METADATA_DESCRIPTION ? &def->description
                   : edit->type == METADATA_TITLE     ? &def->title
                                                      : &def->metadata;
    char *old = *field;

    *field = *value;
    *value = old;
}

/* The text that @edit makes of @def's into @value (transfer full), tried out on a copy. */
static gboolean
make_value(const Edit *edit, const VirtCpuDomainDef *def, char **value, GError **error)
{
    const gboolean is_empty = edit->text == NULL || edit->text[0] == '\0';
    g_autoptr(VirtCpuDomainDef) copy = virtcpu_domain_def_copy(def);
    gboolean readable;

    if (edit->type != METADATA_ELEMENT) {
        *value = is_empty ? NULL : g_strdup(edit->text);
    } else if (!virtcpu_metadata_set(def->metadata, edit->text, edit->key, edit->uri, value,
                                     error)) {
        return FALSE;
    }
    swap_value(edit, copy, value);
    readable = check_readable(copy, error);
    swap_value(edit, copy, value);
    return readable;
}

/* The job is held, so definitions stay; others read them under the lock. */
static gboolean
edit_config(VirtCpuDomain *domain, const Edit *edit, GError **error)
{
    g_autofree char *value = NULL;
    gboolean kept;

    if (!make_value(edit, domain->config, &value, error)) {
        return FALSE;
    }
    g_mutex_lock(&domain->lock);
    swap_value(edit, domain->config, &value);
    g_mutex_unlock(&domain->lock);
    kept = virtcpu_domain_store_save(domain->driver, domain->config, error);
    if (!kept) {
        g_mutex_lock(&domain->lock);
        swap_value(edit, domain->config, &value);
        g_mutex_unlock(&domain->lock);
    }
    return kept;
}

static gboolean
edit_live(VirtCpuDomain *domain, const Edit *edit, GError **error)
{
    g_autofree char *value = NULL;
    gboolean kept;

    if (!make_value(edit, domain->live, &value, error)) {
        return FALSE;
    }
    g_mutex_lock(&domain->lock);
    swap_value(edit, domain->live, &value);
    g_mutex_unlock(&domain->lock);
    kept = virtcpu_domain_status_save(domain, error);
    if (!kept) {
        g_mutex_lock(&domain->lock);
        swap_value(edit, domain->live, &value);
        g_mutex_unlock(&domain->lock);
    }
    return kept;
}

/* What @flags mean for @domain as it is now. */
static gboolean
choose(VirtCpuDomain *domain, unsigned *flags, GError **error)
{
    const gboolean active = virtcpu_domain_is_active(domain);

    if (*flags == 0) {
        *flags = active ? VIRTCPU_EDIT_LIVE : VIRTCPU_EDIT_CONFIG;
    }
    if ((*flags & VIRTCPU_EDIT_LIVE) != 0 && !active) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
        return FALSE;
    }
    if ((*flags & VIRTCPU_EDIT_CONFIG) != 0 && !domain->config) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("transient domains do not have any persistent config"));
        return FALSE;
    }
    return TRUE;
}

static void
note_metadata(VirtCpuDomain *domain, const Edit *edit)
{
    g_autoptr(VirtCpuDomainRef) ref = virtcpu_domain_to_ref(domain);
    const VirtCpuNote note = {
        .kind = VIRTCPU_NOTE_METADATA_CHANGE,
        .domain = ref,
        .event = edit->type,
        .text = edit->uri,
    };

    virtcpu_note_queue_post(domain->driver->notes, &note);
}

gboolean
virtcpu_driver_set_metadata(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], int type,
                            const char *text, const char *key, const char *uri, unsigned flags,
                            GError **error)
{
    const Edit edit = { .type = type, .text = text, .key = key, .uri = uri };
    VirtCpuDomain *domain;
    gboolean done;

    if (!check_edit(&edit, error)) {
        return FALSE;
    }
    domain = virtcpu_driver_begin_job(driver, uuid, error);
    if (!domain) {
        return FALSE;
    }
    done = choose(domain, &flags, error) &&
           ((flags & VIRTCPU_EDIT_CONFIG) == 0 || edit_config(domain, &edit, error)) &&
           ((flags & VIRTCPU_EDIT_LIVE) == 0 || edit_live(domain, &edit, error));
    if (done) {
        note_metadata(domain, &edit);
    }
    virtcpu_driver_end_job(domain);
    return done;
}
