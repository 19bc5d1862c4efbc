/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/cpu/x86-data.h"

#include <string.h>

/* CPUs answer for some hundred leaves; the largest dump known has 96. */
#define MAX_ROWS 4096

/* Attribute @name of @node as a 32-bit number, 0 when it is absent and not @required. */
static gboolean
read_word(xmlNode *node, const char *name, gboolean required, guint32 *word, GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, name);
    guint64 value = 0;
    gboolean hex;

    if (text == NULL) {
        *word = 0;
        if (required) {
            virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                              _("Missing attribute '%s' of element '%s' on line %ld"), name,
                              (const char *)node->name, xmlGetLineNo(node));
        }
        return !required;
    }
    hex = g_str_has_prefix(text, "0x");
    if (!g_ascii_string_to_unsigned(text + (hex ? 2 : 0), hex ? 16 : 10, 0, G_MAXUINT32, &value,
                                    NULL)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Attribute '%s' of element '%s' on line %ld is no 32-bit number: '%s'"),
                          name, (const char *)node->name, xmlGetLineNo(node), text);
        return FALSE;
    }
    *word = (guint32)value;
    return TRUE;
}

static gboolean
refuse_second(xmlNode *node, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                      _("Element '%s' on line %ld contradicts an earlier one for the same index"),
                      (const char *)node->name, xmlGetLineNo(node));
    return FALSE;
}

static gboolean
read_cpuid(VirtCpuData *data, xmlNode *node, GError **error)
{
    static const char *const registers[] = { "eax", "ebx", "ecx", "edx" };
    const X86Cpuid *old;
    X86Cpuid cpuid;

    if (!read_word(node, "eax_in", TRUE, &cpuid.leaf, error) ||
        !read_word(node, "ecx_in", FALSE, &cpuid.subleaf, error)) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(registers); i++) {
        if (!read_word(node, registers[i], FALSE, &cpuid.values[i], error)) {
            return FALSE;
        }
    }
    old = x86_data_find_cpuid(x86_data_const(data), cpuid.leaf, cpuid.subleaf);
    if (old != NULL && memcmp(old, &cpuid, sizeof(cpuid)) != 0) {
        return refuse_second(node, error);
    }
    x86_data_add_cpuid(data, &cpuid);
    return TRUE;
}

static gboolean
read_msr(VirtCpuData *data, xmlNode *node, GError **error)
{
    const X86Msr *old;
    guint32 index;
    guint32 low;
    guint32 high;
    guint64 value;

    if (!read_word(node, "index", TRUE, &index, error) ||
        !read_word(node, "eax", TRUE, &low, error) || !read_word(node, "edx", TRUE, &high, error)) {
        return FALSE;
    }
    value = (guint64)high << 32 | low;
    old = x86_data_find_msr(x86_data_const(data), index);
    if (old != NULL && old->value != value) {
        return refuse_second(node, error);
    }
    x86_data_add_msr(data, index, value);
    return TRUE;
}

static gboolean
read_row(VirtCpuData *data, xmlNode *node, GError **error)
{
    if (g_str_equal((const char *)node->name, "cpuid")) {
        return read_cpuid(data, node, error);
    }
    if (g_str_equal((const char *)node->name, "msr")) {
        return read_msr(data, node, error);
    }
    virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                      _("Element '%s' on line %ld is not known in CPU data"),
                      (const char *)node->name, xmlGetLineNo(node));
    return FALSE;
}

VirtCpuData *
x86_data_parse(VirtCpuArch arch, xmlNode *node, GError **error)
{
    g_autoptr(VirtCpuData) data = x86_data_new(arch);
    unsigned rows = 0;

    for (xmlNode *row = xmlFirstElementChild(node); row != NULL; row = xmlNextElementSibling(row)) {
        if (++rows > MAX_ROWS) {
            virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                              _("CPU data has more than %d rows on line %ld"), MAX_ROWS,
                              xmlGetLineNo(row));
            return NULL;
        }
        if (!read_row(data, row, error)) {
            return NULL;
        }
    }
    if (rows == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("no x86 CPU data found"));
        return NULL;
    }
    return g_steal_pointer(&data);
}

char *
x86_data_format(const VirtCpuData *data)
{
    const X86Data *cpu = x86_data_const(data);
    GString *out = g_string_new("<cpudata arch='x86'>\n");

    for (guint i = 0; i < cpu->cpuid->len; i++) {
        const X86Cpuid *row = &g_array_index(cpu->cpuid, X86Cpuid, i);

        g_string_append_printf(out,
                               "  <cpuid eax_in='0x%08x' ecx_in='0x%02x' eax='0x%08x' "
                               "ebx='0x%08x' ecx='0x%08x' edx='0x%08x'/>\n",
                               row->leaf, row->subleaf, row->values[VIRTCPU_REGISTER_EAX],
                               row->values[VIRTCPU_REGISTER_EBX], row->values[VIRTCPU_REGISTER_ECX],
                               row->values[VIRTCPU_REGISTER_EDX]);
    }
    for (guint i = 0; i < cpu->msrs->len; i++) {
        const X86Msr *msr = &g_array_index(cpu->msrs, X86Msr, i);

        g_string_append_printf(out, "  <msr index='0x%x' edx='0x%08x' eax='0x%08x'/>\n", msr->index,
                               (guint32)(msr->value >> 32), (guint32)msr->value);
    }
    g_string_append(out, "</cpudata>\n");
    return g_string_free(out, FALSE);
}
