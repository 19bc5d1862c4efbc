/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-portable.h"

#include "conf/xml.h"
#include "drivers/cpu/cpu.h"

#include <string.h>

/* Names that QEMU gives to states of a model as time goes by. */
static gboolean
has_version(const char *model)
{
    const char *version = strrchr(model, '-');

    return version != NULL && version[1] == 'v' && g_ascii_isdigit(version[2]);
}

static GPtrArray *
lasting_models(VirtCpuArch arch)
{
    g_autofree const char **names = virtcpu_cpu_model_names(arch, NULL);
    GPtrArray *lasting = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_hv_model_free);

    for (const char **name = names; name != NULL && *name != NULL; name++) {
        if (!has_version(*name)) {
            VirtCpuHvModel *model = g_new0(VirtCpuHvModel, 1);

            model->name = g_strdup(*name);
            g_ptr_array_add(lasting, model);
        }
    }
    return lasting;
}

VirtCpuDef *
virtcpu_migrate_portable_cpu(VirtCpuArch arch, const VirtCpuDef *cpu)
{
    g_autoptr(VirtCpuDef) asked = virtcpu_def_copy(cpu);
    g_autoptr(GPtrArray) lasting = NULL;
    VirtCpuDef *portable;

    if (asked == NULL || asked->mode != VIRTCPU_MODE_CUSTOM || asked->model == NULL ||
        !virtcpu_cpu_has_bits(arch) || !has_version(asked->model)) {
        return g_steal_pointer(&asked);
    }
    lasting = lasting_models(arch);
    asked->fallback = VIRTCPU_FALLBACK_ALLOW;
    portable = virtcpu_cpu_translate(arch, asked, lasting, NULL);
    if (portable == NULL) {
        asked->fallback = cpu->fallback;
        return g_steal_pointer(&asked);
    }
    portable->fallback = cpu->fallback;
    portable->has_fallback = cpu->has_fallback;
    return portable;
}

/* What a definition of libvirt says of its own host only. */
static const char *const host_side[] = {
    "/domain/resource",
    "/domain/seclabel",
    "/domain/devices/disk/backingStore",
    "/domain/devices/*/source/seclabel",
    "/domain/devices/*/seclabel",
};

static void
remove_all(xmlDoc *doc, const char *path)
{
    g_autoptr(xmlXPathContext) context = xmlXPathNewContext(doc);
    g_autoptr(xmlXPathObject) found =
        context != NULL ? xmlXPathEvalExpression((const xmlChar *)path, context) : NULL;
    xmlNodeSet *nodes = found != NULL ? found->nodesetval : NULL;

    for (int i = nodes != NULL ? nodes->nodeNr : 0; i > 0; i--) {
        xmlUnlinkNode(nodes->nodeTab[i - 1]);
        xmlFreeNode(nodes->nodeTab[i - 1]);
        nodes->nodeTab[i - 1] = NULL;
    }
}

char *
virtcpu_migrate_portable_xml(const char *xml)
{
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(xml, NULL);
    xmlChar *text = NULL;
    char *portable;
    int length;

    if (doc == NULL) {
        return g_strdup(xml);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(host_side); i++) {
        remove_all(doc, host_side[i]);
    }
    xmlDocDumpMemory(doc, &text, &length);
    portable = g_strdup((const char *)text);
    xmlFree(text);
    return portable;
}
