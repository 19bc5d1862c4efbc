/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/output.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include "conf/cpu-words.h"

/* What only a host's <cpu> has. */
static void
put_host(VirtCpuJson *out, const VirtCpuDef *def)
{
    virtcpu_json_set_string(out, "microcode", def->microcode);
    if (def->has_signature) {
        VirtCpuJson *signature = virtcpu_json_set(out, "signature", virtcpu_json_new_object());

        virtcpu_json_set_int(signature, "family", def->sig_family);
        virtcpu_json_set_int(signature, "model", def->sig_model);
        virtcpu_json_set_int(signature, "stepping", def->sig_stepping);
    }
    if (def->tsc_hz != 0) {
        VirtCpuJson *counter = virtcpu_json_set(out, "counter", virtcpu_json_new_object());

        virtcpu_json_set(counter, "frequency", virtcpu_json_new_uint(def->tsc_hz));
        if (def->tsc_scaling != VIRTCPU_TRISTATE_ABSENT) {
            virtcpu_json_set_bool(counter, "scaling", def->tsc_scaling == VIRTCPU_TRISTATE_YES);
        }
    }
}

/* What only a guest's <cpu> has. */
static void
put_guest(VirtCpuJson *out, const VirtCpuDef *def)
{
    virtcpu_json_set_string(out, "mode", virtcpu_mode_to_string(def->mode));
    if (def->has_match) {
        virtcpu_json_set_string(out, "match", virtcpu_match_to_string(def->match));
    }
    if (def->check != VIRTCPU_CHECK_DEFAULT) {
        virtcpu_json_set_string(out, "check", virtcpu_check_to_string(def->check));
    }
    if (def->migratable != VIRTCPU_TRISTATE_ABSENT) {
        virtcpu_json_set_bool(out, "migratable", def->migratable == VIRTCPU_TRISTATE_YES);
    }
    if (def->has_fallback) {
        virtcpu_json_set_string(out, "fallback",
                                def->fallback == VIRTCPU_FALLBACK_FORBID ? "forbid" : "allow");
    }
    virtcpu_json_set_string(out, "vendor_id", def->vendor_id);
}

static void
put_topology(VirtCpuJson *out, const VirtCpuDef *def)
{
    VirtCpuJson *topology;

    if (def->sockets == 0) {
        return;
    }
    topology = virtcpu_json_set(out, "topology", virtcpu_json_new_object());
    virtcpu_json_set_int(topology, "sockets", def->sockets);
    virtcpu_json_set_int(topology, "dies", MAX(def->dies, 1));
    virtcpu_json_set_int(topology, "clusters", MAX(def->clusters, 1));
    virtcpu_json_set_int(topology, "cores", def->cores);
    virtcpu_json_set_int(topology, "threads", def->threads);
}

static void
put_cache(VirtCpuJson *out, const VirtCpuDef *def)
{
    VirtCpuJson *cache;

    if (!def->has_cache) {
        return;
    }
    cache = virtcpu_json_set(out, "cache", virtcpu_json_new_object());
    if (def->cache_level >= 0) {
        virtcpu_json_set_int(cache, "level", def->cache_level);
    }
    virtcpu_json_set_string(cache, "mode",
                            virtcpu_words_to_string(&virtcpu_cache_words, (int)def->cache_mode));
}

static void
put_physaddr(VirtCpuJson *out, const VirtCpuDef *def)
{
    VirtCpuJson *physaddr;

    if (def->physaddr_mode == VIRTCPU_PHYSADDR_ABSENT) {
        return;
    }
    physaddr = virtcpu_json_set(out, "maxphysaddr", virtcpu_json_new_object());
    virtcpu_json_set_string(
        physaddr, "mode",
        virtcpu_words_to_string(&virtcpu_physaddr_words, (int)def->physaddr_mode));
    if (def->physaddr_bits >= 0) {
        virtcpu_json_set_int(physaddr, "bits", def->physaddr_bits);
    }
    if (def->physaddr_limit >= 0) {
        virtcpu_json_set_int(physaddr, "limit", def->physaddr_limit);
    }
}

/* Memory is in KiB, as libvirt writes it. */
static void
put_numa(VirtCpuJson *out, const VirtCpuDef *def)
{
    VirtCpuJson *cells;

    if (def->numa_cells->len == 0) {
        return;
    }
    cells = virtcpu_json_set(out, "numa", virtcpu_json_new_array());
    for (guint i = 0; i < def->numa_cells->len; i++) {
        const VirtCpuNumaCell *cell = g_ptr_array_index(def->numa_cells, i);
        VirtCpuJson *entry = virtcpu_json_append(cells, virtcpu_json_new_object());

        virtcpu_json_set_int(entry, "id", cell->id);
        virtcpu_json_set_string(entry, "cpus", cell->cpus);
        virtcpu_json_set(entry, "memory", virtcpu_json_new_uint(cell->memory_kib));
        virtcpu_json_set_string(entry, "memAccess", cell->mem_access);
        if (cell->discard != VIRTCPU_TRISTATE_ABSENT) {
            virtcpu_json_set_bool(entry, "discard", cell->discard == VIRTCPU_TRISTATE_YES);
        }
    }
}

static void
put_features(VirtCpuJson *out, const VirtCpuDef *def)
{
    VirtCpuJson *features = virtcpu_json_set(out, "features", virtcpu_json_new_array());

    for (guint i = 0; i < def->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(def->features, i);
        VirtCpuJson *entry = virtcpu_json_append(features, virtcpu_json_new_object());

        virtcpu_json_set_string(entry, "name", feature->name);
        if (def->type == VIRTCPU_DEF_GUEST) {
            virtcpu_json_set_string(entry, "policy", virtcpu_policy_to_string(feature->policy));
        }
    }
}

VirtCpuJson *
tool_output_def(const VirtCpuDef *def)
{
    VirtCpuJson *out = virtcpu_json_new_object();

    virtcpu_json_set_string(out, "type", def->type == VIRTCPU_DEF_HOST ? "host" : "guest");
    virtcpu_json_set_string(out, "arch", virtcpu_arch_to_string(def->arch));
    if (def->type == VIRTCPU_DEF_GUEST) {
        put_guest(out, def);
    }
    virtcpu_json_set_string(out, "model", def->model);
    virtcpu_json_set_string(out, "vendor", def->vendor);
    if (def->type == VIRTCPU_DEF_HOST) {
        put_host(out, def);
    }
    put_topology(out, def);
    put_cache(out, def);
    put_physaddr(out, def);
    put_features(out, def);
    put_numa(out, def);
    return out;
}

void
tool_output_print_json(const VirtCpuJson *json)
{
    g_autofree char *text = virtcpu_json_format(json, TRUE);

    g_print("%s\n", text);
}

static void
print_defs_json(const GPtrArray *defs)
{
    g_autoptr(VirtCpuJson) list = virtcpu_json_new_array();

    for (guint i = 0; i < defs->len; i++) {
        virtcpu_json_append(list, tool_output_def(g_ptr_array_index(defs, i)));
    }
    tool_output_print_json(defs->len == 1 ? virtcpu_json_at(list, 0) : list);
}

void
tool_output_print_defs(const GPtrArray *defs, gboolean json)
{
    if (json) {
        print_defs_json(defs);
        return;
    }
    for (guint i = 0; i < defs->len; i++) {
        g_autofree char *xml = virtcpu_def_to_xml(g_ptr_array_index(defs, i));

        g_print("%s", xml);
    }
}

void
tool_output_print_words(const char *const *words)
{
    for (const char *const *word = words; *word != NULL; word++) {
        g_print("%s%s", word == words ? "" : " ", *word);
    }
    g_print("\n");
}

gint64
tool_output_int(const VirtCpuJson *document, const char *key)
{
    gint64 value = 0;

    return virtcpu_json_get_int(document, key, &value) ? value : 0;
}

gboolean
tool_output_write(const char *file, const char *text, GError **error)
{
    g_autoptr(GError) trouble = NULL;

    if (g_file_set_contents(file, text, -1, &trouble)) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_SYSTEM_ERROR, _("cannot write '%s': %s"), file,
                      trouble->message);
    return FALSE;
}
