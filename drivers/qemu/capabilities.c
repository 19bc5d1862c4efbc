/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <capabilities>: this host and every installed QEMU. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"
#include "drivers/qemu/choice.h"
#include "drivers/qemu/driver.h"

/* ---- <host> ---- */

static void
write_page_sizes(GString *xml, const VirtCpuHost *host)
{
    const VirtCpuHostNode *node = host->nodes->len > 0 ? host->nodes->pdata[0] : NULL;

    for (guint i = 0; node != NULL && i < node->pages->len; i++) {
        g_string_append_printf(xml, "      <pages unit='KiB' size='%" G_GUINT64_FORMAT "'/>\n",
                               g_array_index(node->pages, VirtCpuHostPages, i).size_kib);
    }
}

/* The host's <cpu> with what is known of the machine around the decoded CPU. */
static void
write_cpu(GString *xml, const VirtCpuHost *host)
{
    g_autoptr(GString) cpu = g_string_new(NULL);
    const char *physaddr_after;

    if (host->cpu == NULL) {
        g_string_append_printf(xml, "    <cpu>\n      <arch>%s</arch>\n",
                               virtcpu_arch_to_string(host->arch));
        write_page_sizes(xml, host);
        g_string_append(xml, "    </cpu>\n");
        return;
    }
    virtcpu_def_format(host->cpu, 4, cpu);
    physaddr_after = g_strrstr(cpu->str, "    </cpu>");
    g_string_append_len(xml, cpu->str, physaddr_after - cpu->str);
    write_page_sizes(xml, host);
    g_string_append(xml, physaddr_after);
}

static void
write_node_cpu(GString *xml, const VirtCpuHostCpu *cpu)
{
    g_string_append_printf(xml, "            <cpu id='%u'", cpu->id);
    if (cpu->socket_id >= 0 && cpu->core_id >= 0 && cpu->siblings != NULL) {
        g_string_append_printf(xml, " socket_id='%d' die_id='%d' core_id='%d' siblings='%s'",
                               cpu->socket_id, MAX(cpu->die_id, 0), cpu->core_id, cpu->siblings);
    }
    g_string_append(xml, "/>\n");
}

static const VirtCpuHostCpu *
find_cpu(const VirtCpuHost *host, unsigned id)
{
    for (guint i = 0; i < host->cpus->len; i++) {
        const VirtCpuHostCpu *cpu = host->cpus->pdata[i];

        if (cpu->id == id) {
            return cpu;
        }
    }
    return NULL;
}

static void
write_distances(GString *xml, const VirtCpuHost *host, const VirtCpuHostNode *node)
{
    if (node->distances->len == 0) {
        return;
    }
    g_string_append(xml, "          <distances>\n");
    for (guint i = 0; i < node->distances->len && i < host->nodes->len; i++) {
        const VirtCpuHostNode *other = host->nodes->pdata[i];

        g_string_append_printf(xml, "            <sibling id='%u' value='%u'/>\n", other->id,
                               g_array_index(node->distances, unsigned, i));
    }
    g_string_append(xml, "          </distances>\n");
}

static void
write_node(GString *xml, const VirtCpuHost *host, const VirtCpuHostNode *node)
{
    g_string_append_printf(xml,
                           "        <cell id='%u'>\n"
                           "          <memory unit='KiB'>%" G_GUINT64_FORMAT "</memory>\n",
                           node->id, node->memory_kib);
    for (guint i = 0; i < node->pages->len; i++) {
        const VirtCpuHostPages *pages = &g_array_index(node->pages, VirtCpuHostPages, i);

        g_string_append_printf(xml,
                               "          <pages unit='KiB' size='%" G_GUINT64_FORMAT
                               "'>%" G_GUINT64_FORMAT "</pages>\n",
                               pages->size_kib, pages->count);
    }
    write_distances(xml, host, node);
    g_string_append_printf(xml, "          <cpus num='%u'>\n", node->cpus->len);
    for (guint i = 0; i < node->cpus->len; i++) {
        const VirtCpuHostCpu *cpu = find_cpu(host, g_array_index(node->cpus, unsigned, i));

        if (cpu != NULL) {
            write_node_cpu(xml, cpu);
        }
    }
    g_string_append(xml, "          </cpus>\n        </cell>\n");
}

static void
write_host(GString *xml, const VirtCpuHost *host)
{
    g_string_append(xml, "  <host>\n");
    if (host->uuid != NULL) {
        g_string_append_printf(xml, "    <uuid>%s</uuid>\n", host->uuid);
    }
    write_cpu(xml, host);
    g_string_append_printf(xml,
                           "    <power_management/>\n"
                           "    <iommu support='no'/>\n"
                           "    <topology>\n"
                           "      <cells num='%u'>\n",
                           host->nodes->len);
    for (guint i = 0; i < host->nodes->len; i++) {
        write_node(xml, host, host->nodes->pdata[i]);
    }
    g_string_append(xml, "      </cells>\n"
                         "    </topology>\n"
                         "    <secmodel>\n"
                         "      <model>none</model>\n"
                         "      <doi>0</doi>\n"
                         "    </secmodel>\n"
                         "  </host>\n\n");
}

/* ---- <guest> ---- */

/* A machine under its own name, then under its alias. */
static void
write_machine(GString *xml, const VirtCpuQemuMachine *machine)
{
    const char *deprecated = machine->deprecated ? " deprecated='yes'" : "";

    g_string_append_printf(xml, "      <machine maxCpus='%u'%s>", machine->max_cpus, deprecated);
    virtcpu_xml_escape(xml, machine->name);
    g_string_append(xml, "</machine>\n");
    if (machine->alias != NULL) {
        g_string_append(xml, "      <machine canonical='");
        virtcpu_xml_escape(xml, machine->name);
        g_string_append_printf(xml, "' maxCpus='%u'%s>", machine->max_cpus, deprecated);
        virtcpu_xml_escape(xml, machine->alias);
        g_string_append(xml, "</machine>\n");
    }
}

/* The default machine first, as clients expect. */
static void
write_machines(GString *xml, const VirtCpuQemuCaps *caps)
{
    const VirtCpuQemuMachine *first = virtcpu_qemu_caps_machine(caps, NULL);

    if (first != NULL) {
        write_machine(xml, first);
    }
    for (guint i = 0; i < caps->machines->len; i++) {
        if (caps->machines->pdata[i] != first) {
            write_machine(xml, caps->machines->pdata[i]);
        }
    }
}

static void
write_guest_features(GString *xml, VirtCpuArch arch, const VirtCpuQemuCaps *caps)
{
    gboolean has_apic = virtcpu_qemu_caps_has_device(caps, "apic");

    g_string_append(xml, "    <features>\n");
    if (has_apic && virtcpu_arch_wordsize(arch) == 32) {
        g_string_append(xml, "      <pae/>\n      <nonpae/>\n");
    }
    if (has_apic) {
        g_string_append(xml, "      <acpi default='on' toggle='yes'/>\n"
                             "      <apic default='on' toggle='no'/>\n");
    }
    g_string_append(xml, "      <cpuselection/>\n"
                         "      <deviceboot/>\n"
                         "    </features>\n");
}

static void
write_guest(GString *xml, VirtCpuArch arch, const VirtCpuQemuCaps *caps, gboolean kvm)
{
    g_string_append_printf(xml,
                           "  <guest>\n"
                           "    <os_type>hvm</os_type>\n"
                           "    <arch name='%s'>\n"
                           "      <wordsize>%u</wordsize>\n"
                           "      <emulator>",
                           virtcpu_arch_to_string(arch), virtcpu_arch_wordsize(arch));
    virtcpu_xml_escape(xml, caps->binary);
    g_string_append(xml, "</emulator>\n");
    write_machines(xml, caps);
    g_string_append(xml, "      <domain type='qemu'/>\n");
    if (kvm) {
        g_string_append(xml, "      <domain type='kvm'/>\n");
    }
    g_string_append(xml, "    </arch>\n");
    write_guest_features(xml, arch, caps);
    g_string_append(xml, "  </guest>\n\n");
}

/* The <guest> for @arch when a binary runs it. FALSE when there is one but its probe failed. */
static gboolean
write_arch(GString *xml, VirtCpuDriver *driver, VirtCpuArch arch)
{
    VirtCpuQemuCache *cache = virtcpu_driver_cache(driver);
    const VirtCpuHost *host = virtcpu_driver_host(driver);
    g_autofree char *binary = virtcpu_qemu_cache_binary(cache, arch);
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    g_autoptr(VirtCpuQemuCaps) kvm_caps = NULL;

    if (binary == NULL) {
        return TRUE;
    }
    caps = virtcpu_qemu_cache_get(cache, binary, VIRTCPU_VIRT_QEMU, NULL);
    if (caps == NULL) {
        return FALSE;
    }
    if (host->kvm_usable && virtcpu_arch_runs(host->arch, arch)) {
        kvm_caps = virtcpu_qemu_cache_get(cache, binary, VIRTCPU_VIRT_KVM, NULL);
    }
    write_guest(xml, arch, caps, kvm_caps != NULL);
    return TRUE;
}

/* ---- the calls ---- */

char *
virtcpu_driver_capabilities(VirtCpuDriver *driver, GError **error)
{
    VirtCpuQemuCache *cache = virtcpu_driver_cache(driver);
    g_autofree char *stamp = NULL;
    char *kept = virtcpu_qemu_cache_text(cache, &stamp);
    g_autoptr(GString) xml = NULL;
    gboolean complete = TRUE;

    if (kept != NULL) {
        return kept;
    }
    virtcpu_qemu_cache_fill(cache);
    xml = g_string_new("<capabilities>\n\n");
    write_host(xml, virtcpu_driver_host(driver));
    for (int arch = VIRTCPU_ARCH_NONE + 1; arch < VIRTCPU_ARCH_LAST; arch++) {
        complete &= write_arch(xml, driver, (VirtCpuArch)arch);
    }
    g_string_append(xml, "</capabilities>\n");
    virtcpu_qemu_cache_keep_text(cache, stamp, xml->str, complete);
    return g_strdup(xml->str);
}

char *
virtcpu_driver_capabilities_peek(VirtCpuDriver *driver)
{
    g_autofree char *stamp = NULL;

    return virtcpu_qemu_cache_text(virtcpu_driver_cache(driver), &stamp);
}

gboolean
virtcpu_driver_version(VirtCpuDriver *driver, guint64 *version, GError **error)
{
    VirtCpuQemuCache *cache = virtcpu_driver_cache(driver);
    VirtCpuArch arch = virtcpu_driver_host(driver)->arch;
    g_autofree char *binary = virtcpu_qemu_cache_binary(cache, arch);
    g_autoptr(VirtCpuQemuCaps) caps = NULL;

    if (binary == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("Cannot find suitable emulator for %s"), virtcpu_arch_to_string(arch));
        return FALSE;
    }
    caps = virtcpu_qemu_cache_get(cache, binary, VIRTCPU_VIRT_QEMU, error);
    if (caps == NULL) {
        return FALSE;
    }
    *version = virtcpu_qemu_caps_version(caps);
    return TRUE;
}

int
virtcpu_driver_max_vcpus(VirtCpuDriver *driver, const char *type, GError **error)
{
    const VirtCpuQemuChoice choice = { .virt_type = type };
    g_auto(VirtCpuQemuChosen) chosen = { 0 };

    return virtcpu_qemu_choose(driver, &choice, &chosen, error) ? (int)chosen.machine->max_cpus
                                                                : -1;
}
