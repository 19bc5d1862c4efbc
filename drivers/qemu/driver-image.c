/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saved images that are looked at, changed or removed without a guest going anywhere. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/driver-save.h"
#include "drivers/qemu/managed-image.h"
#include "drivers/qemu/save-image.h"
#include "drivers/qemu/save-xml.h"

gboolean
virtcpu_driver_has_managed_image(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                 gboolean *has, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);

    *has = domain && virtcpu_managed_image_exists(domain);
    return domain != NULL;
}

gboolean
virtcpu_driver_remove_managed_image(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                    GError **error)
{
    VirtCpuDomain *domain = virtcpu_driver_begin_job(driver, uuid, error);
    gboolean removed = FALSE;

    if (!domain) {
        return FALSE;
    }
    if (virtcpu_managed_image_exists(domain)) {
        removed = virtcpu_managed_image_remove(domain, error);
    } else {
        virtcpu_error_set_errno(
            error, ENOENT, _("Failed to remove managed save file of domain '%s'"), domain->name);
    }
    virtcpu_driver_end_job(domain);
    return removed;
}

char *
virtcpu_driver_save_image_xml(VirtCpuDriver *driver, const char *path, unsigned flags,
                              GError **error)
{
    g_autoptr(VirtCpuSaveImage) image = virtcpu_save_image_open(path, FALSE, error);
    g_autoptr(VirtCpuDomainDef) def =
        image ? virtcpu_domain_def_parse(image->definition, FALSE, error) : NULL;
    unsigned format = VIRTCPU_DOMAIN_XML_INACTIVE | VIRTCPU_DOMAIN_XML_MIGRATABLE;

    if (!def) {
        return NULL;
    }
    return virtcpu_domain_def_format(
        def, format | (flags & VIRTCPU_SAVE_XML_SECURE ? VIRTCPU_DOMAIN_XML_SECURE : 0));
}

gboolean
virtcpu_driver_save_image_define(VirtCpuDriver *driver, const char *path, const char *xml,
                                 unsigned flags, GError **error)
{
    g_autoptr(VirtCpuSaveImage) image = NULL;
    g_autoptr(VirtCpuDomainDef) saved = NULL;
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_autofree char *text = NULL;
    gboolean running;

    if (!virtcpu_save_check_flags(flags, error)) {
        return FALSE;
    }
    image = virtcpu_save_image_open(path, TRUE, error);
    saved = image ? virtcpu_domain_read(driver, image->definition, FALSE, NULL, error) : NULL;
    def = saved ? virtcpu_save_replace_def(driver, saved, xml, error) : NULL;
    if (!def) {
        return FALSE;
    }
    text = virtcpu_save_format_def(def);
    running = virtcpu_save_choose_running(flags, (image->header.flags & VIRTCPU_SAVE_RUNNING) != 0);
    return virtcpu_save_image_change(image, text, running, error);
}

/* The path of the managed image of @domain (transfer full); OPERATION_INVALID when there is none.
 */
static char *
find_managed(VirtCpuDomain *domain, GError **error)
{
    if (virtcpu_managed_image_exists(domain)) {
        return virtcpu_managed_image_path(domain);
    }
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                      _("no managed save image exists for domain '%s'"), domain->name);
    return NULL;
}

char *
virtcpu_driver_managed_image_xml(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                 unsigned flags, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);
    g_autofree char *path = domain ? find_managed(domain, error) : NULL;

    return path ? virtcpu_driver_save_image_xml(driver, path, flags, error) : NULL;
}

gboolean
virtcpu_driver_managed_image_define(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                    const char *xml, unsigned flags, GError **error)
{
    VirtCpuDomain *domain = virtcpu_driver_begin_job(driver, uuid, error);
    g_autofree char *path = domain ? find_managed(domain, error) : NULL;
    gboolean defined = path && virtcpu_driver_save_image_define(driver, path, xml, flags, error);

    if (domain) {
        virtcpu_driver_end_job(domain);
    }
    return defined;
}
