/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/subject.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"
#include "drivers/host/host.h"

#define MEMORY_KIB (16 * 1024)

/* How many vCPUs the topology of @cpu has room for. */
static unsigned
count_threads(const VirtCpuDef *cpu)
{
    return cpu->sockets == 0 ? 1
                             : cpu->sockets * MAX(cpu->dies, 1) * MAX(cpu->clusters, 1) *
                                   cpu->cores * cpu->threads;
}

/* A domain around the one guest <cpu> in @text: KVM where it works. */
static VirtCpuDomainDef *
wrap_cpu(const char *text, GError **error)
{
    g_autoptr(GPtrArray) cpus = virtcpu_def_parse_all(text, error);
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_new();
    g_autoptr(VirtCpuHost) host = NULL;
    const VirtCpuDef *cpu;

    if (cpus == NULL) {
        return NULL;
    }
    cpu = g_ptr_array_index(cpus, 0);
    if (cpus->len != 1 || cpu->type != VIRTCPU_DEF_GUEST) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("there must be one <domain> or the <cpu> of one guest"));
        return NULL;
    }
    host = virtcpu_host_read(NULL, error);
    if (host == NULL) {
        return NULL;
    }
    def->name = g_strdup("verify");
    def->virt_type = host->kvm_usable ? VIRTCPU_VIRT_KVM : VIRTCPU_VIRT_QEMU;
    def->arch = cpu->arch;
    def->max_vcpus = def->vcpus = count_threads(cpu);
    def->max_memory_kib = def->current_memory_kib = MEMORY_KIB;
    def->cpu = virtcpu_def_copy(cpu);
    return g_steal_pointer(&def);
}

/* Elements of <domain> that decide what its CPU is, or that it must have. */
static const char *const cpu_elements[] = {
    "name", "uuid",     "metadata", "memory", "currentMemory", "vcpu",
    "os",   "features", "cpu",      "clock",  "devices",       NULL,
};

static const char *const cpu_devices[] = { "emulator", NULL };

/* Take the children of @node away that are not among @kept. */
static void
keep_children(xmlNode *node, const char *const *kept)
{
    xmlNode *next;

    for (xmlNode *child = node->children; child != NULL; child = next) {
        next = child->next;
        if (child->type == XML_ELEMENT_NODE && child->ns == NULL &&
            !g_strv_contains(kept, (const char *)child->name)) {
            xmlUnlinkNode(child);
            xmlFreeNode(child);
        }
    }
}

/* The <domain> of @doc without what is of no interest. */
static VirtCpuDomainDef *
parse_domain(xmlDoc *doc, GError **error)
{
    xmlNode *root = xmlDocGetRootElement(doc);
    xmlNode *devices = virtcpu_xml_child(root, "devices");
    xmlBuffer *buffer = xmlBufferCreate();
    VirtCpuDomainDef *def;

    keep_children(root, cpu_elements);
    if (devices != NULL) {
        keep_children(devices, cpu_devices);
    }
    xmlNodeDump(buffer, doc, root, 0, 0);
    def = virtcpu_domain_def_parse((const char *)xmlBufferContent(buffer), FALSE, error);
    xmlBufferFree(buffer);
    return def;
}

VirtCpuDomainDef *
virtcpu_subject_parse(const char *text, GError **error)
{
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(text, NULL);

    if (doc != NULL && xmlStrEqual(xmlDocGetRootElement(doc)->name, (const xmlChar *)"domain")) {
        return parse_domain(doc, error);
    }
    return wrap_cpu(text, error);
}
