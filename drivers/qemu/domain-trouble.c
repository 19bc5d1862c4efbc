/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-trouble.h"

#include "drivers/qemu/driver-priv.h"

/* Put @text (transfer full; may be NULL) in place of what was known. */
static void
replace(VirtCpuDomain *domain, VirtCpuTrouble kind, char *text)
{
    g_autofree char *old = NULL;

    g_mutex_lock(&domain->lock);
    old = domain->troubles[kind];
    domain->troubles[kind] = text;
    g_mutex_unlock(&domain->lock);
}

void
virtcpu_domain_trouble_begin(VirtCpuDomain *domain, VirtCpuTrouble kind, char *text)
{
    g_message("Domain '%s': %s", domain->name, text);
    replace(domain, kind, text);
    virtcpu_domain_note(domain, VIRTCPU_NOTE_CONTROL_ERROR, 0);
}

void
virtcpu_domain_trouble_end(VirtCpuDomain *domain, VirtCpuTrouble kind)
{
    replace(domain, kind, NULL);
}

void
virtcpu_domain_trouble_outlive_locked(VirtCpuDomain *domain, char *how)
{
    for (VirtCpuTrouble kind = 0; kind < VIRTCPU_TROUBLE_COUNT; kind++) {
        g_clear_pointer(&domain->troubles[kind], g_free);
    }
    domain->troubles[VIRTCPU_TROUBLE_END] = how;
}

void
virtcpu_domain_trouble_forget(VirtCpuDomain *domain)
{
    g_mutex_lock(&domain->lock);
    virtcpu_domain_trouble_outlive_locked(domain, NULL);
    g_mutex_unlock(&domain->lock);
}

char **
virtcpu_driver_messages(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                        GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);
    g_autoptr(GStrvBuilder) messages = g_strv_builder_new();

    if (!domain) {
        return NULL;
    }
    g_mutex_lock(&domain->lock);
    for (VirtCpuTrouble kind = 0; kind < VIRTCPU_TROUBLE_COUNT; kind++) {
        if (domain->troubles[kind]) {
            g_strv_builder_add(messages, domain->troubles[kind]);
        }
    }
    g_mutex_unlock(&domain->lock);
    return g_strv_builder_end(messages);
}
