/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/cpu-def.h"
#include "conf/cpu-words.h"
#include "conf/xml.h"

/* A <cpu> that only gives topology, cache or NUMA cells is written without attributes. */
static gboolean
has_attributes(const VirtCpuDef *def)
{
    return def->type == VIRTCPU_DEF_GUEST &&
           (def->mode != VIRTCPU_MODE_CUSTOM || def->model != NULL);
}

static void
format_attributes(const VirtCpuDef *def, GString *out)
{
    if (!has_attributes(def)) {
        return;
    }
    virtcpu_xml_append_attribute(out, "mode", virtcpu_mode_to_string(def->mode));
    if (def->mode == VIRTCPU_MODE_CUSTOM) {
        virtcpu_xml_append_attribute(out, "match", virtcpu_match_to_string(def->match));
    }
    if (def->check != VIRTCPU_CHECK_DEFAULT) {
        virtcpu_xml_append_attribute(out, "check", virtcpu_check_to_string(def->check));
    }
    if (virtcpu_def_is_opaque(def) && def->migratable != VIRTCPU_TRISTATE_ABSENT) {
        virtcpu_xml_append_attribute(
            out, "migratable",
            virtcpu_words_to_string(&virtcpu_switch_words, (int)def->migratable));
    }
    if (def->deprecated_features != VIRTCPU_TRISTATE_ABSENT) {
        virtcpu_xml_append_attribute(
            out, "deprecated_features",
            virtcpu_words_to_string(&virtcpu_switch_words, (int)def->deprecated_features));
    }
}

/* The fallback word to write, or NULL. Without a model only "forbid" says something. */
static const char *
fallback_word(const VirtCpuDef *def)
{
    if (def->type == VIRTCPU_DEF_HOST ||
        (def->model == NULL && (!def->has_fallback || def->fallback == VIRTCPU_FALLBACK_ALLOW))) {
        return NULL;
    }
    return virtcpu_words_to_string(&virtcpu_fallback_words, (int)def->fallback);
}

static void
format_model(const VirtCpuDef *def, unsigned indent, GString *out)
{
    const char *fallback = fallback_word(def);

    if (virtcpu_def_is_opaque(def)) {
        return;
    }
    if (def->model != NULL || fallback != NULL || def->vendor_id != NULL) {
        g_string_append_printf(out, "%*s<model", (int)indent, "");
        virtcpu_xml_append_attribute(out, "fallback", fallback);
        virtcpu_xml_append_attribute(out, "vendor_id", def->vendor_id);
        if (def->model != NULL) {
            g_string_append_c(out, '>');
            virtcpu_xml_escape(out, def->model);
            g_string_append(out, "</model>\n");
        } else {
            g_string_append(out, "/>\n");
        }
    }
    virtcpu_xml_append_element(out, indent, "vendor", def->vendor);
}

static void
format_host_facts(const VirtCpuDef *def, unsigned indent, GString *out)
{
    int width = (int)indent;

    if (def->microcode != NULL) {
        g_string_append_printf(out, "%*s<microcode", width, "");
        virtcpu_xml_append_attribute(out, "version", def->microcode);
        g_string_append(out, "/>\n");
    }
    if (def->has_signature) {
        g_string_append_printf(out, "%*s<signature family='%u' model='%u' stepping='%u'/>\n", width,
                               "", def->sig_family, def->sig_model, def->sig_stepping);
    }
    if (def->tsc_hz != 0) {
        g_string_append_printf(out, "%*s<counter name='tsc' frequency='%" G_GUINT64_FORMAT "'",
                               width, "", def->tsc_hz);
        if (def->tsc_scaling != VIRTCPU_TRISTATE_ABSENT) {
            virtcpu_xml_append_attribute(
                out, "scaling",
                virtcpu_words_to_string(&virtcpu_bool_words, (int)def->tsc_scaling));
        }
        g_string_append(out, "/>\n");
    }
}

static void
format_topology(const VirtCpuDef *def, unsigned indent, GString *out)
{
    if (def->sockets == 0) {
        return;
    }
    g_string_append_printf(out, "%*s<topology sockets='%u' dies='%u'", (int)indent, "",
                           def->sockets, def->dies);
    if (def->clusters != 0) {
        g_string_append_printf(out, " clusters='%u'", def->clusters);
    }
    g_string_append_printf(out, " cores='%u' threads='%u'/>\n", def->cores, def->threads);
}

static void
format_cache(const VirtCpuDef *def, unsigned indent, GString *out)
{
    if (!def->has_cache) {
        return;
    }
    g_string_append_printf(out, "%*s<cache", (int)indent, "");
    if (def->cache_level != -1) {
        g_string_append_printf(out, " level='%d'", def->cache_level);
    }
    virtcpu_xml_append_attribute(
        out, "mode", virtcpu_words_to_string(&virtcpu_cache_words, (int)def->cache_mode));
    g_string_append(out, "/>\n");
}

static void
format_physaddr(const VirtCpuDef *def, unsigned indent, GString *out)
{
    if (def->physaddr_mode == VIRTCPU_PHYSADDR_ABSENT) {
        return;
    }
    g_string_append_printf(out, "%*s<maxphysaddr", (int)indent, "");
    virtcpu_xml_append_attribute(
        out, "mode", virtcpu_words_to_string(&virtcpu_physaddr_words, (int)def->physaddr_mode));
    if (def->physaddr_bits != -1) {
        g_string_append_printf(out, " bits='%d'", def->physaddr_bits);
    }
    if (def->physaddr_limit != -1) {
        g_string_append_printf(out, " limit='%d'", def->physaddr_limit);
    }
    g_string_append(out, "/>\n");
}

static void
format_features(const VirtCpuDef *def, unsigned indent, GString *out)
{
    for (guint i = 0; i < def->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(def->features, i);

        g_string_append_printf(out, "%*s<feature", (int)indent, "");
        if (def->type == VIRTCPU_DEF_GUEST) {
            virtcpu_xml_append_attribute(out, "policy", virtcpu_policy_to_string(feature->policy));
        }
        virtcpu_xml_append_attribute(out, "name", feature->name);
        g_string_append(out, "/>\n");
    }
}

static void
format_cell(const VirtCpuNumaCell *cell, unsigned indent, GString *out)
{
    g_string_append_printf(out, "%*s<cell id='%u'", (int)indent, "", cell->id);
    virtcpu_xml_append_attribute(out, "cpus", cell->cpus);
    g_string_append_printf(out, " memory='%" G_GUINT64_FORMAT "' unit='KiB'", cell->memory_kib);
    virtcpu_xml_append_attribute(out, "memAccess", cell->mem_access);
    if (cell->discard != VIRTCPU_TRISTATE_ABSENT) {
        virtcpu_xml_append_attribute(
            out, "discard", virtcpu_words_to_string(&virtcpu_bool_words, (int)cell->discard));
    }
    g_string_append(out, "/>\n");
}

static void
format_numa(const VirtCpuDef *def, unsigned indent, GString *out)
{
    if (def->numa_cells->len == 0) {
        return;
    }
    g_string_append_printf(out, "%*s<numa>\n", (int)indent, "");
    for (guint i = 0; i < def->numa_cells->len; i++) {
        format_cell(g_ptr_array_index(def->numa_cells, i), indent + 2, out);
    }
    g_string_append_printf(out, "%*s</numa>\n", (int)indent, "");
}

static void
format_children(const VirtCpuDef *def, unsigned indent, GString *out)
{
    if (def->type == VIRTCPU_DEF_HOST) {
        virtcpu_xml_append_element(out, indent, "arch", virtcpu_arch_to_string(def->arch));
    }
    format_model(def, indent, out);
    if (def->type == VIRTCPU_DEF_HOST) {
        format_host_facts(def, indent, out);
    }
    format_topology(def, indent, out);
    format_cache(def, indent, out);
    format_physaddr(def, indent, out);
    format_features(def, indent, out);
    format_numa(def, indent, out);
}

void
virtcpu_def_format(const VirtCpuDef *def, unsigned indent, GString *out)
{
    g_autoptr(GString) attributes = g_string_new(NULL);
    g_autoptr(GString) children = g_string_new(NULL);
    int width = (int)indent;

    format_attributes(def, attributes);
    format_children(def, indent + 2, children);
    if (children->len != 0) {
        g_string_append_printf(out, "%*s<cpu%s>\n%s%*s</cpu>\n", width, "", attributes->str,
                               children->str, width, "");
    } else if (attributes->len != 0) {
        g_string_append_printf(out, "%*s<cpu%s/>\n", width, "", attributes->str);
    }
}

char *
virtcpu_def_to_xml(const VirtCpuDef *def)
{
    g_autoptr(GString) out = g_string_new(NULL);

    virtcpu_def_format(def, 0, out);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
