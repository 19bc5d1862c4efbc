/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-store.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/state-file.h"

#include <string.h>

static char *
definition_path(VirtCpuDriver *driver, const char *name)
{
    return g_strdup_printf("%s/%s.xml", driver->config_dir, name);
}

static char *
autostart_path(VirtCpuDriver *driver, const char *name)
{
    return g_strdup_printf("%s/%s.xml", driver->autostart_dir, name);
}

gboolean
virtcpu_domain_store_save(VirtCpuDriver *driver, const VirtCpuDomainDef *def, GError **error)
{
    g_autofree char *path = definition_path(driver, def->name);
    g_autofree char *xml =
        virtcpu_domain_def_format(def, VIRTCPU_DOMAIN_XML_SECURE | VIRTCPU_DOMAIN_XML_INACTIVE);

    return virtcpu_state_file_write(path, xml, error);
}

gboolean
virtcpu_domain_store_prepare(VirtCpuDriver *driver, const VirtCpuDomainDef *def, GError **error)
{
    g_autofree char *path = definition_path(driver, def->name);
    g_autofree char *xml =
        virtcpu_domain_def_format(def, VIRTCPU_DOMAIN_XML_SECURE | VIRTCPU_DOMAIN_XML_INACTIVE);

    return virtcpu_state_file_prepare(path, xml, error);
}

gboolean
virtcpu_domain_store_commit(VirtCpuDriver *driver, const char *name, GError **error)
{
    g_autofree char *path = definition_path(driver, name);

    return virtcpu_state_file_commit(path, error);
}

void
virtcpu_domain_store_abandon(VirtCpuDriver *driver, const char *name)
{
    g_autofree char *path = definition_path(driver, name);

    virtcpu_state_file_abandon(path);
}

gboolean
virtcpu_domain_store_remove(VirtCpuDriver *driver, const char *name, GError **error)
{
    g_autofree char *path = definition_path(driver, name);
    g_autofree char *mark = autostart_path(driver, name);

    g_autoptr(GError) reason = NULL;

    /* in this order: half of it, after a crash, must not be a definition that lost its mark */
    if (!virtcpu_state_file_remove(path, error)) {
        return FALSE;
    }
    if (!virtcpu_state_file_remove(mark, &reason)) {
        g_message("The autostart mark of domain '%s' stays behind: %s", name, reason->message);
    }
    return TRUE;
}

gboolean
virtcpu_domain_store_set_autostart(VirtCpuDriver *driver, const char *name, gboolean autostart,
                                   GError **error)
{
    g_autofree char *path = definition_path(driver, name);
    g_autofree char *mark = autostart_path(driver, name);

    if (!autostart) {
        return virtcpu_state_file_remove(mark, error);
    }
    return virtcpu_state_file_link(mark, path, error);
}

static VirtCpuDomainDef *
read_definition(VirtCpuDriver *driver, const char *name, GError **error)
{
    g_autofree char *path = definition_path(driver, name);
    g_autofree char *xml = virtcpu_state_file_read(path, error);
    g_autoptr(VirtCpuDomainDef) def = NULL;

    if (!xml) {
        return NULL;
    }
    def = virtcpu_domain_def_parse(xml, FALSE, error);
    if (!def) {
        return NULL;
    }
    if (strcmp(def->name, name) != 0 || !def->has_uuid || !def->emulator || !def->machine) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("File '%s' does not hold the complete definition of domain '%s'"), path,
                          name);
        return NULL;
    }
    return g_steal_pointer(&def);
}

static gboolean
load_one(VirtCpuDriver *driver, const char *name, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = read_definition(driver, name, error);
    g_autoptr(VirtCpuDomain) domain = NULL;
    g_autofree char *mark = autostart_path(driver, name);

    if (!def) {
        return FALSE;
    }
    domain = virtcpu_domain_list_claim(driver->domains, driver, def->name, def->uuid, error);
    if (!domain) {
        return FALSE;
    }
    g_mutex_lock(&domain->lock);
    domain->config = g_steal_pointer(&def);
    domain->autostart = g_file_test(mark, G_FILE_TEST_EXISTS);
    g_mutex_unlock(&domain->lock);
    return TRUE;
}

/* Marks of domains that were undefined, the last moment of which was a crash. */
static void
sweep_marks(VirtCpuDriver *driver)
{
    g_auto(GStrv) names = virtcpu_state_folder_list(driver->autostart_dir, ".xml");

    for (char **name = names; *name; name++) {
        g_autofree char *path = definition_path(driver, *name);
        g_autofree char *mark = autostart_path(driver, *name);
        g_autoptr(GError) error = NULL;

        if (!g_file_test(path, G_FILE_TEST_EXISTS) && !virtcpu_state_file_remove(mark, &error)) {
            g_message("%s", error->message);
        }
    }
}

void
virtcpu_domain_store_load(VirtCpuDriver *driver)
{
    g_auto(GStrv) names = virtcpu_state_folder_list(driver->config_dir, ".xml");

    for (char **name = names; *name; name++) {
        g_autoptr(GError) error = NULL;

        if (!load_one(driver, *name, &error)) {
            g_message("Definition '%s/%s.xml' is left alone: %s", driver->config_dir, *name,
                      error->message);
        }
    }
    sweep_marks(driver);
}
