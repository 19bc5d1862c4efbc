/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/libvirt-arrival.h"

#include "conf/i18n.h"

gboolean
tool_libvirt_passport(ToolLibvirt *source, const char *xml, char **passport, char **why,
                      GError **error)
{
    g_autoptr(GError) reason = NULL;
    gboolean unknown;

    *passport = tool_libvirt_to_native(source, VIRTCPU_PASSPORT_FORMAT, xml, &unknown, &reason);
    if (*passport != NULL) {
        return TRUE;
    }
    if (!unknown) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    *why = g_strdup(_("the daemon that it comes from is no virtcpud"));
    return TRUE;
}

/* ---- a libvirtd ---- */

static void
add_obstacle(VirtCpuArrival *arrival, const char *what, VirtCpuLayer layer, const char *evidence)
{
    virtcpu_explanations_add(arrival->obstacles, what, VIRTCPU_STATE_MISSING, layer,
                             g_strdup(evidence), _("ask a virtcpud there, which names each layer"));
}

/* Its domain capabilities name the binary, and refuse an unknown machine type. */
static gboolean
check_machine(ToolLibvirt *dest, const VirtCpuDomainDef *def, VirtCpuArrival *arrival)
{
    g_autoptr(GError) reason = NULL;
    g_autofree char *xml =
        tool_libvirt_domain_capabilities(dest, def->emulator, arrival->machine,
                                         virtcpu_virt_type_to_string(def->virt_type), &reason);

    if (xml == NULL) {
        add_obstacle(arrival, "machine", VIRTCPU_LAYER_MACHINE, reason->message);
    }
    return xml != NULL;
}

/* What can be compared there: the CPU as named, every feature of it, in words of libvirt's. */
static gboolean
check_cpu(ToolLibvirt *dest, const VirtCpuDomainDef *def, const VirtCpuDef *cpu,
          VirtCpuArrival *arrival, GError **error)
{
    g_autoptr(VirtCpuDef) portable = virtcpu_migrate_portable_cpu(def->arch, cpu);
    g_autofree char *xml = virtcpu_def_to_xml(portable);
    g_autofree char *reason = NULL;
    const VirtCpuCompareResult result = tool_libvirt_compare_hypervisor(
        dest, def->emulator, virtcpu_arch_to_string(def->arch), arrival->machine,
        virtcpu_virt_type_to_string(def->virt_type), xml, &reason, error);

    if (result == VIRTCPU_COMPARE_INCOMPATIBLE) {
        add_obstacle(arrival, "cpu", VIRTCPU_LAYER_QEMU, reason);
    }
    return result != VIRTCPU_COMPARE_ERROR;
}

static VirtCpuJson *
judge_by_libvirt(ToolLibvirt *dest, const VirtCpuPassport *passport, const VirtCpuDomainDef *def,
                 GError **error)
{
    const VirtCpuDef *cpu = passport != NULL ? passport->cpu : def->cpu;
    g_auto(VirtCpuArrival) arrival = {
        .emulator = g_strdup(def->emulator),
        .machine = g_strdup(passport != NULL ? passport->machine : def->machine),
        .virt_type = def->virt_type,
        .obstacles = virtcpu_explanations_new(),
        .proof = VIRTCPU_PROOF_NAMES,
        .unproven = g_strdup(_("a libvirtd was asked, which compares names of features only")),
    };

    if (check_machine(dest, def, &arrival) && cpu != NULL) {
        if (virtcpu_def_is_opaque(cpu)) {
            add_obstacle(&arrival, virtcpu_mode_to_string(cpu->mode), VIRTCPU_LAYER_POLICY,
                         _("a libvirtd does not tell whether host and QEMU are the same"));
        } else if (!check_cpu(dest, def, cpu, &arrival, error)) {
            return NULL;
        }
    }
    return virtcpu_arrival_to_json(&arrival);
}

VirtCpuJson *
tool_libvirt_judge(ToolLibvirt *dest, const char *xml, const char *passport,
                   const VirtCpuPassport *parsed, const VirtCpuDomainDef *def, GError **error)
{
    g_autofree char *question = virtcpu_arrival_question_format(xml, passport, error);
    g_autofree char *answer = NULL;
    g_autoptr(GError) reason = NULL;
    gboolean unknown;

    if (question == NULL) {
        return NULL;
    }
    answer = tool_libvirt_to_native(dest, VIRTCPU_ARRIVAL_FORMAT, question, &unknown, &reason);
    if (answer != NULL) {
        return virtcpu_json_parse(answer, -1, error);
    }
    if (!unknown) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return NULL;
    }
    return judge_by_libvirt(dest, parsed, def, error);
}
