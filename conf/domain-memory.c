/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-memory.h"

#include "conf/cpuset.h"
#include "conf/domain-parse.h"
#include "conf/domain-words.h"
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/memory-size.h"

static const VirtCpuXmlRule backing_rule = {
    .once = "hugepages nosharepages locked source access allocation discard",
};
static const VirtCpuXmlRule hugepages_rule = { .once = "page" };
static const VirtCpuXmlRule page_rule = { .attributes = "size unit" };
static const VirtCpuXmlRule source_rule = { .attributes = "type" };
static const VirtCpuXmlRule access_rule = { .attributes = "mode" };
static const VirtCpuXmlRule allocation_rule = { .attributes = "mode threads" };
static const VirtCpuXmlRule empty_rule = { 0 };
static const VirtCpuXmlRule numatune_rule = { .once = "memory", .many = "memnode" };
static const VirtCpuXmlRule memory_rule = { .attributes = "mode nodeset placement" };
static const VirtCpuXmlRule memnode_rule = { .attributes = "cellid mode nodeset" };

void
virtcpu_memory_node_free(gpointer node)
{
    if (node != NULL) {
        g_free(((VirtCpuMemoryNode *)node)->nodeset);
        g_free(node);
    }
}

gpointer
virtcpu_memory_node_copy(gconstpointer node, gpointer data)
{
    VirtCpuMemoryNode *copy = g_memdup2(node, sizeof(*copy));

    copy->nodeset = g_strdup(copy->nodeset);
    return copy;
}

/* Attribute @name of @node as the static word of @words. */
static gboolean
parse_static_word(xmlNode *node, const char *name, const VirtCpuWords *words, const char **word,
                  GError **error)
{
    g_autofree char *text = NULL;

    if (!virtcpu_domain_parse_word(node, name, words, TRUE, &text, error)) {
        return FALSE;
    }
    *word = virtcpu_words_to_string(words, virtcpu_words_from_string(words, text));
    return TRUE;
}

static gboolean
parse_page(VirtCpuMemoryBacking *backing, xmlNode *node, GError **error)
{
    g_autofree char *unit = virtcpu_xml_attribute(node, "unit");
    g_autofree char *text = virtcpu_xml_attribute(node, "size");
    guint64 size = 0;

    if (!virtcpu_xml_check(node, &page_rule, error) ||
        !virtcpu_xml_attribute_number(node, "size", TRUE, G_MAXUINT64, &size, error)) {
        return FALSE;
    }
    /* the kernel has pages of powers of two only */
    if (!virtcpu_memory_to_kib(size, unit, &backing->hugepage_kib) || backing->hugepage_kib == 0 ||
        (backing->hugepage_kib & (backing->hugepage_kib - 1)) != 0) {
        return virtcpu_domain_refuse(node, "size", text, error);
    }
    return TRUE;
}

static gboolean
parse_hugepages(VirtCpuMemoryBacking *backing, xmlNode *node, GError **error)
{
    xmlNode *page = virtcpu_xml_child(node, "page");

    backing->hugepages = TRUE;
    return virtcpu_xml_check(node, &hugepages_rule, error) &&
           (page == NULL || parse_page(backing, page, error));
}

static gboolean
parse_source(VirtCpuMemoryBacking *backing, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &source_rule, error) &&
           parse_static_word(node, "type", &virtcpu_memory_source_words, &backing->source, error);
}

static gboolean
parse_access(VirtCpuMemoryBacking *backing, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &access_rule, error) &&
           parse_static_word(node, "mode", &virtcpu_memory_access_words, &backing->access, error);
}

static gboolean
parse_allocation(VirtCpuMemoryBacking *backing, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &allocation_rule, error) &&
           parse_static_word(node, "mode", &virtcpu_memory_allocation_words, &backing->allocation,
                             error) &&
           virtcpu_domain_parse_positive(node, "threads", FALSE, &backing->threads, error);
}

/* An element that says all by being there. */
static gboolean
parse_flag(xmlNode *backing, const char *name, gboolean *flag, GError **error)
{
    xmlNode *node = virtcpu_xml_child(backing, name);

    *flag = node != NULL;
    return node == NULL || virtcpu_xml_check(node, &empty_rule, error);
}

/* What no memory of QEMU's can be at once. */
static gboolean
check_backing(const VirtCpuMemoryBacking *backing, xmlNode *node, GError **error)
{
    if (backing->hugepages && g_strcmp0(backing->source, "anonymous") == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("hugepages are not allowed with anonymous memory source (line %ld)"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    if (backing->hugepages && g_strcmp0(backing->allocation, "ondemand") == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("hugepages are not allowed with memory allocation ondemand (line %ld)"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_domain_parse_memory_backing(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    VirtCpuMemoryBacking *backing = &def->memory_backing;
    xmlNode *hugepages = virtcpu_xml_child(node, "hugepages");
    xmlNode *source = virtcpu_xml_child(node, "source");
    xmlNode *access = virtcpu_xml_child(node, "access");
    xmlNode *allocation = virtcpu_xml_child(node, "allocation");

    return virtcpu_xml_check(node, &backing_rule, error) &&
           parse_flag(node, "nosharepages", &backing->nosharepages, error) &&
           parse_flag(node, "locked", &backing->locked, error) &&
           parse_flag(node, "discard", &backing->discard, error) &&
           (hugepages == NULL || parse_hugepages(backing, hugepages, error)) &&
           (source == NULL || parse_source(backing, source, error)) &&
           (access == NULL || parse_access(backing, access, error)) &&
           (allocation == NULL || parse_allocation(backing, allocation, error)) &&
           check_backing(backing, node, error);
}

static gboolean
parse_nodeset(VirtCpuMemoryNode *memory, xmlNode *node, GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, "nodeset");
    g_autoptr(VirtCpuCpuset) nodes = text != NULL ? virtcpu_cpuset_parse(text) : NULL;

    if (nodes == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Invalid value of 'nodeset': '%s' in element '%s' (line %ld)"),
                          text != NULL ? text : "", (const char *)node->name, xmlGetLineNo(node));
        return FALSE;
    }
    memory->nodeset = virtcpu_cpuset_format(nodes);
    return TRUE;
}

static gboolean
parse_node(VirtCpuDomainDef *def, xmlNode *node, int cell, GError **error)
{
    VirtCpuMemoryNode *memory = g_new0(VirtCpuMemoryNode, 1);

    memory->cell = cell;
    memory->mode = virtcpu_words_to_string(&virtcpu_memory_mode_words, 0);
    g_ptr_array_add(def->memory_nodes, memory);
    return (xmlHasProp(node, (const xmlChar *)"mode") == NULL ||
            parse_static_word(node, "mode", &virtcpu_memory_mode_words, &memory->mode, error)) &&
           parse_nodeset(memory, node, error);
}

static gboolean
parse_memnode(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    unsigned cell = 0;

    if (!virtcpu_xml_check(node, &memnode_rule, error) ||
        !virtcpu_xml_attribute_uint(node, "cellid", TRUE, &cell, error)) {
        return FALSE;
    }
    if (cell > G_MAXINT || virtcpu_domain_def_memory_node(def, (int)cell, FALSE) != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("<memnode> (line %ld) is a second one of cell %u"), xmlGetLineNo(node),
                          cell);
        return FALSE;
    }
    return parse_node(def, node, (int)cell, error);
}

gboolean
virtcpu_domain_parse_numatune(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    xmlNode *memory = virtcpu_xml_child(node, "memory");
    g_autofree char *placement = memory ? virtcpu_xml_attribute(memory, "placement") : NULL;

    if (!virtcpu_xml_check(node, &numatune_rule, error)) {
        return FALSE;
    }
    if (placement != NULL && !g_str_equal(placement, "static")) {
        return virtcpu_domain_refuse(memory, "placement", placement, error);
    }
    if (memory != NULL &&
        (!virtcpu_xml_check(memory, &memory_rule, error) || !parse_node(def, memory, -1, error))) {
        return FALSE;
    }
    for (xmlNode *cell = virtcpu_xml_child(node, "memnode"); cell != NULL;
         cell = virtcpu_xml_next(cell)) {
        if (!parse_memnode(def, cell, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void
format_hugepages(const VirtCpuMemoryBacking *backing, GString *out)
{
    if (!backing->hugepages) {
        return;
    }
    if (backing->hugepage_kib == 0) {
        g_string_append(out, "    <hugepages/>\n");
        return;
    }
    g_string_append_printf(out,
                           "    <hugepages>\n      <page size='%" G_GUINT64_FORMAT
                           "' unit='KiB'/>\n    </hugepages>\n",
                           backing->hugepage_kib);
}

static void
format_word(GString *out, const char *element, const char *attribute, const char *word)
{
    if (word != NULL) {
        g_string_append_printf(out, "    <%s %s='%s'/>\n", element, attribute, word);
    }
}

void
virtcpu_memory_backing_format(const VirtCpuMemoryBacking *backing, GString *out)
{
    g_autoptr(GString) inside = g_string_new(NULL);

    format_hugepages(backing, inside);
    g_string_append(inside, backing->nosharepages ? "    <nosharepages/>\n" : "");
    g_string_append(inside, backing->locked ? "    <locked/>\n" : "");
    format_word(inside, "source", "type", backing->source);
    format_word(inside, "access", "mode", backing->access);
    if (backing->threads != 0) {
        g_string_append_printf(inside, "    <allocation mode='%s' threads='%u'/>\n",
                               backing->allocation, backing->threads);
    } else {
        format_word(inside, "allocation", "mode", backing->allocation);
    }
    g_string_append(inside, backing->discard ? "    <discard/>\n" : "");
    if (inside->len > 0) {
        g_string_append_printf(out, "  <memoryBacking>\n%s  </memoryBacking>\n", inside->str);
    }
}

void
virtcpu_memory_nodes_format(const GPtrArray *nodes, GString *out)
{
    g_string_append(out, nodes->len > 0 ? "  <numatune>\n" : "");
    for (guint i = 0; i < nodes->len; i++) {
        const VirtCpuMemoryNode *node = g_ptr_array_index(nodes, i);

        if (node->cell < 0) {
            g_string_append(out, "    <memory");
        } else {
            g_string_append_printf(out, "    <memnode cellid='%d'", node->cell);
        }
        g_string_append_printf(out, " mode='%s' nodeset='%s'/>\n", node->mode, node->nodeset);
    }
    g_string_append(out, nodes->len > 0 ? "  </numatune>\n" : "");
}
