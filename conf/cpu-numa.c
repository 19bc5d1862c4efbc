/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/cpu-numa.h"

#include "conf/cpu-words.h"
#include "conf/cpuset.h"
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/memory-size.h"
#include "conf/xml.h"

static const VirtCpuXmlRule numa_rule = { .many = "cell" };
static const VirtCpuXmlRule cell_rule = {
    .attributes = "id cpus memory unit memAccess discard",
};

static gboolean
parse_cpus(VirtCpuNumaCell *cell, xmlNode *node, GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, "cpus");
    g_autoptr(VirtCpuCpuset) cpus = NULL;

    if (text == NULL) {
        return TRUE;
    }
    cpus = virtcpu_cpuset_parse(text);
    if (cpus == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Invalid 'cpus' attribute in NUMA cell: '%s' (line %ld)"), text,
                          xmlGetLineNo(node));
        return FALSE;
    }
    cell->cpus = virtcpu_cpuset_format(cpus);
    return TRUE;
}

static gboolean
parse_memory(VirtCpuNumaCell *cell, xmlNode *node, GError **error)
{
    g_autofree char *unit = virtcpu_xml_attribute(node, "unit");
    guint64 value;

    if (!virtcpu_xml_attribute_number(node, "memory", TRUE, G_MAXUINT64, &value, error)) {
        return FALSE;
    }
    if (!virtcpu_memory_to_kib(value, unit, &cell->memory_kib)) {
        virtcpu_error_set(
            error, VIRTCPU_ERR_XML_ERROR,
            _("invalid memory size in NUMA cell at line %ld: unknown unit '%s' or too "
              "much memory"),
            xmlGetLineNo(node), unit != NULL ? unit : "KiB");
        return FALSE;
    }
    return TRUE;
}

static gboolean
parse_options(VirtCpuNumaCell *cell, xmlNode *node, GError **error)
{
    static const char *const words[] = { "shared", "private" };
    static const VirtCpuWords accesses = { words, G_N_ELEMENTS(words) };
    int access = -1;
    int discard = VIRTCPU_TRISTATE_ABSENT;

    if (!virtcpu_xml_choice(node, "memAccess", &accesses, 0, &access, error) ||
        !virtcpu_xml_choice(node, "discard", &virtcpu_bool_words, VIRTCPU_TRISTATE_YES, &discard,
                            error)) {
        return FALSE;
    }
    cell->mem_access = g_strdup(virtcpu_words_to_string(&accesses, access));
    cell->discard = (VirtCpuTristate)discard;
    return TRUE;
}

/* Add the cell of @node; one without id= gets @position. */
static gboolean
parse_cell(VirtCpuDef *def, xmlNode *node, guint position, GError **error)
{
    VirtCpuNumaCell *cell = g_new0(VirtCpuNumaCell, 1);
    guint64 id = position;

    g_ptr_array_add(def->numa_cells, cell);
    if (!virtcpu_xml_check(node, &cell_rule, error) ||
        !virtcpu_xml_attribute_number(node, "id", FALSE, G_MAXUINT, &id, error)) {
        return FALSE;
    }
    cell->id = (unsigned)id;
    return parse_cpus(cell, node, error) && parse_memory(cell, node, error) &&
           parse_options(cell, node, error);
}

static int
compare_cells(gconstpointer a, gconstpointer b)
{
    const VirtCpuNumaCell *const *left = a;
    const VirtCpuNumaCell *const *right = b;

    return ((*left)->id > (*right)->id) - ((*left)->id < (*right)->id);
}

/* After sorting, cell i must have id i. */
static gboolean
check_ids(const GPtrArray *cells, GError **error)
{
    for (guint i = 0; i < cells->len; i++) {
        const VirtCpuNumaCell *cell = g_ptr_array_index(cells, i);

        if (i > 0 && cell->id == i - 1) {
            virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                              _("Duplicate NUMA cell info for cell id '%u'"), cell->id);
            return FALSE;
        }
        if (cell->id != i) {
            virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                              _("Exactly one 'cell' element per guest NUMA cell allowed, "
                                "non-contiguous ranges or ranges not starting from 0 are not "
                                "allowed"));
            return FALSE;
        }
    }
    return TRUE;
}

/* No CPU may be in two cells; each cell is held against the union of those before it. */
static gboolean
check_overlap(const GPtrArray *cells, GError **error)
{
    g_autoptr(GString) before = g_string_new(NULL);

    for (guint i = 0; i < cells->len; i++) {
        const VirtCpuNumaCell *cell = g_ptr_array_index(cells, i);
        g_autoptr(VirtCpuCpuset) cpus = NULL;
        g_autoptr(VirtCpuCpuset) taken = NULL;

        if (cell->cpus == NULL) {
            continue;
        }
        cpus = virtcpu_cpuset_parse(cell->cpus);
        taken = before->len != 0 ? virtcpu_cpuset_parse(before->str) : NULL;
        if (taken != NULL && virtcpu_cpuset_overlaps(cpus, taken)) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("NUMA cell %u has vCPU ids that an earlier cell has too: '%s'"),
                              cell->id, cell->cpus);
            return FALSE;
        }
        g_string_append_printf(before, before->len != 0 ? ",%s" : "%s", cell->cpus);
    }
    return TRUE;
}

gboolean
virtcpu_def_parse_numa(VirtCpuDef *def, xmlNode *numa, GError **error)
{
    guint position = 0;

    if (!virtcpu_xml_check(numa, &numa_rule, error)) {
        return FALSE;
    }
    for (xmlNode *node = virtcpu_xml_child(numa, "cell"); node != NULL;
         node = virtcpu_xml_next(node)) {
        if (position == VIRTCPU_CPUSET_MAX) {
            virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("more than %d NUMA cells"),
                              VIRTCPU_CPUSET_MAX);
            return FALSE;
        }
        if (!parse_cell(def, node, position++, error)) {
            return FALSE;
        }
    }
    if (position == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("NUMA topology defined without NUMA cells"));
        return FALSE;
    }
    g_ptr_array_sort(def->numa_cells, compare_cells);
    return check_ids(def->numa_cells, error) && check_overlap(def->numa_cells, error);
}
