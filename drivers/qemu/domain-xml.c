/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/metadata.h"

/* A definition of so much text is printed in a tenth of a millisecond. */
#define QUICK_BYTES (32u * 1024u)

/* virDomainXMLFlags. */
enum {
    XML_SECURE = 1 << 0,
    XML_INACTIVE = 1 << 1,
    XML_UPDATE_CPU = 1 << 2,
    XML_MIGRATABLE = 1 << 3,
};

/* virDomainMetadataType. */
enum {
    METADATA_DESCRIPTION = 0,
    METADATA_TITLE = 1,
    METADATA_ELEMENT = 2,
};

/* virDomainModificationImpact. */
enum {
    AFFECT_LIVE = 1 << 0,
    AFFECT_CONFIG = 1 << 1,
};

/* Under the lock: the definition a client means; NULL when the domain has just gone. */
static const VirtCpuDomainDef *
find_def(const VirtCpuDomain *domain, gboolean inactive)
{
    if (domain->live && !inactive) {
        return domain->live;
    }
    return domain->config ? domain->config : domain->original;
}

/* A copy of it (transfer full), or NULL. */
static VirtCpuDomainDef *
copy_def(VirtCpuDomain *domain, gboolean inactive)
{
    const VirtCpuDomainDef *def;
    VirtCpuDomainDef *copy;

    g_mutex_lock(&domain->lock);
    def = find_def(domain, inactive);
    copy = def ? virtcpu_domain_def_copy(def) : NULL;
    g_mutex_unlock(&domain->lock);
    return copy;
}

/* What host-model and optional features would become on this host, as libvirt shows them. */
static gboolean
update_cpu(VirtCpuDriver *driver, VirtCpuDomainDef *def, GError **error)
{
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    VirtCpuDef *updated;

    if (!def->cpu || virtcpu_def_is_opaque(def->cpu)) {
        return TRUE;
    }
    caps = virtcpu_domain_caps(driver, def, error);
    if (!caps) {
        return FALSE;
    }
    if (!caps->host_model) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("cannot get host CPU capabilities of emulator '%s'"), caps->binary);
        return FALSE;
    }
    updated = virtcpu_cpu_update(def->arch, def->cpu, caps->host_model, error);
    if (!updated) {
        return FALSE;
    }
    virtcpu_def_free(def->cpu);
    def->cpu = updated;
    return TRUE;
}

static unsigned
format_flags(unsigned flags)
{
    unsigned format = 0;

    if (flags & XML_SECURE) {
        format |= VIRTCPU_DOMAIN_XML_SECURE;
    }
    if (flags & XML_INACTIVE) {
        format |= VIRTCPU_DOMAIN_XML_INACTIVE;
    }
    /* a migratable definition is read by another daemon, which needs the secrets */
    if (flags & XML_MIGRATABLE) {
        format |= VIRTCPU_DOMAIN_XML_MIGRATABLE | VIRTCPU_DOMAIN_XML_SECURE;
    }
    return format;
}

char *
virtcpu_driver_xml_peek(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                        unsigned flags)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, NULL);
    const VirtCpuDomainDef *def;
    char *xml = NULL;

    if (!domain || (flags & XML_UPDATE_CPU)) {
        return NULL;
    }
    g_mutex_lock(&domain->lock);
    def = find_def(domain, flags & XML_INACTIVE);
    if (def && def->read_bytes <= QUICK_BYTES) {
        xml = virtcpu_domain_def_format(def, format_flags(flags));
    }
    g_mutex_unlock(&domain->lock);
    return xml;
}

char *
virtcpu_driver_xml(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], unsigned flags,
                   GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);
    g_autoptr(VirtCpuDomainDef) def = NULL;

    if (!domain) {
        return NULL;
    }
    def = copy_def(domain, flags & XML_INACTIVE);
    if (!def) {
        return virtcpu_driver_xml(driver, uuid, flags, error);
    }
    /* a live definition has its exact CPU already */
    if ((flags & XML_UPDATE_CPU) && def->id < 0 && !update_cpu(driver, def, error)) {
        return NULL;
    }
    return virtcpu_domain_def_format(def, format_flags(flags));
}

static char *
find_metadata(const VirtCpuDomainDef *def, int type, const char *uri, GError **error)
{
    char *text = NULL;

    switch (type) {
    case METADATA_DESCRIPTION:
        text = g_strdup(def->description);
        break;
    case METADATA_TITLE:
        text = g_strdup(def->title);
        break;
    case METADATA_ELEMENT:
        text = virtcpu_metadata_get(def->metadata, uri);
        break;
    default:
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("unknown metadata type %d"), type);
        return NULL;
    }
    if (!text) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_DOMAIN_METADATA,
                          _("Requested metadata element is not present"));
    }
    return text;
}

char *
virtcpu_driver_metadata(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], int type,
                        const char *uri, unsigned flags, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);
    g_autoptr(VirtCpuDomainDef) def = NULL;

    if (!domain) {
        return NULL;
    }
    if ((flags & AFFECT_LIVE) && !virtcpu_domain_is_active(domain)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
        return NULL;
    }
    def = copy_def(domain, flags & AFFECT_CONFIG);
    if (!def) {
        return virtcpu_driver_metadata(driver, uuid, type, uri, flags, error);
    }
    return find_metadata(def, type, uri, error);
}
