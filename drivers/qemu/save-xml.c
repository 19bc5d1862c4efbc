/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/save-xml.h"

#include "conf/domain-abi.h"
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/driver-save.h"

#define RUN_FLAGS (VIRTCPU_SAVE_FLAG_RUNNING | VIRTCPU_SAVE_FLAG_PAUSED)

gboolean
virtcpu_save_check_flags(unsigned flags, GError **error)
{
    if ((flags & RUN_FLAGS) == RUN_FLAGS) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("the flags RUNNING and PAUSED exclude each other: a restored guest "
                            "runs, or it is paused"));
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_save_choose_running(unsigned flags, gboolean did)
{
    return (flags & VIRTCPU_SAVE_FLAG_RUNNING) || (did && !(flags & VIRTCPU_SAVE_FLAG_PAUSED));
}

char *
virtcpu_save_format_def(const VirtCpuDomainDef *def)
{
    return virtcpu_domain_def_format(def, VIRTCPU_DOMAIN_XML_SECURE | VIRTCPU_DOMAIN_XML_INACTIVE |
                                              VIRTCPU_DOMAIN_XML_MIGRATABLE);
}

/* The <cpu> of @def and how it is passed (transfer full). */
static char *
describe_cpu(const VirtCpuDomainDef *def)
{
    g_autofree char *cpu = def->cpu ? virtcpu_def_to_xml(def->cpu) : g_strdup("");
    g_autofree char *properties =
        def->cpu_properties ? virtcpu_json_format(def->cpu_properties, FALSE) : g_strdup("");

    return g_strconcat(cpu, properties, NULL);
}

static gboolean
check_cpu(const VirtCpuDomainDef *def, const VirtCpuDomainDef *other, GError **error)
{
    g_autofree char *ours = describe_cpu(def);
    g_autofree char *theirs = describe_cpu(other);

    if (g_str_equal(ours, theirs)) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("The <cpu> of a saved guest cannot be changed: the guest would go on with "
                        "another one. Leave it as save-image-dumpxml shows it."));
    return FALSE;
}

VirtCpuDomainDef *
virtcpu_save_replace_def(VirtCpuDriver *driver, const VirtCpuDomainDef *def, const char *xml,
                         GError **error)
{
    g_autoptr(VirtCpuDomainDef) other = NULL;

    if (!xml) {
        return virtcpu_domain_def_copy(def);
    }
    other = virtcpu_domain_read(driver, xml, FALSE, NULL, error);
    if (!other) {
        return NULL;
    }
    if (!g_str_equal(other->name, def->name)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("The name '%s' of a saved domain cannot be changed to '%s'."),
                          def->name, other->name);
        return NULL;
    }
    return check_cpu(def, other, error) && virtcpu_domain_abi_check(def, other, error)
               ? g_steal_pointer(&other)
               : NULL;
}
