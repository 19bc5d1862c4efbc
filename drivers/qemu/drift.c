/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/drift.h"

/* Properties that say which CPU it is, and those about its caches; the others that are no features
 * are QEMU's and the machine type's knobs (target/i386/cpu.c). */
static const char *const identity_properties[] = {
    "family", "level",    "level-func7", "min-level", "min-xlevel", "min-xlevel2",
    "model",  "model-id", "stepping",    "vendor",    "xlevel",     "xlevel2",
};
static const char *const cache_properties[] = { "host-cache-info", "l3-cache", "legacy-cache" };

typedef enum {
    KIND_FEATURE,
    KIND_IDENTITY,
    KIND_CACHE,
    KIND_OTHER,
    KIND_LAST,
} Kind;

/* Member of the document for each kind but features. */
static const char *const kind_members[] = { NULL, "identity", "caches", "other" };
G_STATIC_ASSERT(G_N_ELEMENTS(kind_members) == KIND_LAST);

static gboolean
is_one_of(const char *name, const char *const *names, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        if (g_str_equal(names[i], name)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What @name is; @feature (out) gets a feature's own name. Where the map has no features every
 * switch is one. */
static Kind
kind_of(VirtCpuArch arch, const char *name, const VirtCpuJson *value, const char **feature)
{
    *feature = virtcpu_cpu_feature_from_qemu(arch, name);
    if (is_one_of(name, identity_properties, G_N_ELEMENTS(identity_properties))) {
        return KIND_IDENTITY;
    }
    if (is_one_of(name, cache_properties, G_N_ELEMENTS(cache_properties))) {
        return KIND_CACHE;
    }
    if (*feature == NULL && virtcpu_json_kind(value) == VIRTCPU_JSON_BOOL) {
        g_autofree const char **known = virtcpu_cpu_feature_names(arch);

        *feature = known[0] == NULL ? name : NULL;
    }
    return *feature != NULL ? KIND_FEATURE : KIND_OTHER;
}

/* TRUE for what a property that is not there does as well: off, nothing, no text. */
static gboolean
is_nothing(const VirtCpuJson *value)
{
    gint64 number = 1;

    switch (virtcpu_json_kind(value)) {
    case VIRTCPU_JSON_NULL:
        return TRUE;
    case VIRTCPU_JSON_BOOL:
        return !virtcpu_json_is_true(value);
    case VIRTCPU_JSON_INT:
        return virtcpu_json_to_int(value, &number) && number == 0;
    case VIRTCPU_JSON_STRING:
        return *virtcpu_json_to_string(value) == '\0';
    case VIRTCPU_JSON_DOUBLE:
    case VIRTCPU_JSON_ARRAY:
    case VIRTCPU_JSON_OBJECT:
    default:
        return FALSE;
    }
}

static gboolean
is_equal(const VirtCpuJson *before, const VirtCpuJson *after)
{
    g_autofree char *left = NULL;
    g_autofree char *right = NULL;

    if (before == NULL || after == NULL) {
        return is_nothing(before) && is_nothing(after);
    }
    left = virtcpu_json_format(before, FALSE);
    right = virtcpu_json_format(after, FALSE);
    return g_str_equal(left, right);
}

/* Member @key of @out, an array or object made when missing (transfer none). */
static VirtCpuJson *
get_list(VirtCpuJson *out, GHashTable *lists, const char *key, gboolean is_object)
{
    VirtCpuJson *list = g_hash_table_lookup(lists, key);

    if (list == NULL) {
        list = virtcpu_json_set(out, key,
                                is_object ? virtcpu_json_new_object() : virtcpu_json_new_array());
        g_hash_table_insert(lists, (gpointer)(guintptr)key, list);
    }
    return list;
}

static VirtCpuJson *
copy_or_null(const VirtCpuJson *value)
{
    return value != NULL ? virtcpu_json_copy(value) : virtcpu_json_new_null();
}

static gboolean
contains_text(const VirtCpuJson *array, const char *text)
{
    for (gsize i = 0; i < virtcpu_json_size(array); i++) {
        if (g_strcmp0(virtcpu_json_to_string(virtcpu_json_at(array, i)), text) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Add that property @name differs. A feature of several spellings is told once. */
static void
add_difference(VirtCpuArch arch, VirtCpuJson *out, GHashTable *lists, const char *name,
               const VirtCpuJson *before, const VirtCpuJson *after)
{
    const char *feature = NULL;
    Kind kind = kind_of(arch, name, before != NULL ? before : after, &feature);
    VirtCpuJson *list;

    if (kind == KIND_FEATURE) {
        list = get_list(out, lists, virtcpu_json_is_true(after) ? "gained" : "lost", FALSE);
        if (!contains_text(list, feature)) {
            virtcpu_json_append(list, virtcpu_json_new_string(feature));
        }
        return;
    }
    list = virtcpu_json_set(get_list(out, lists, kind_members[kind], TRUE), name,
                            virtcpu_json_new_array());
    virtcpu_json_append(list, copy_or_null(before));
    virtcpu_json_append(list, copy_or_null(after));
}

static void
compare_props(VirtCpuArch arch, VirtCpuJson *out, const VirtCpuJson *before,
              const VirtCpuJson *after)
{
    g_autoptr(GHashTable) lists = g_hash_table_new(g_str_hash, g_str_equal);

    for (gsize i = 0; i < virtcpu_json_size(before); i++) {
        const char *name = virtcpu_json_key_at(before, i);
        const VirtCpuJson *value = virtcpu_json_at(before, i);
        const VirtCpuJson *other = virtcpu_json_get(after, name);

        if (!is_equal(value, other)) {
            add_difference(arch, out, lists, name, value, other);
        }
    }
    for (gsize i = 0; i < virtcpu_json_size(after); i++) {
        const char *name = virtcpu_json_key_at(after, i);
        const VirtCpuJson *value = virtcpu_json_at(after, i);

        if (virtcpu_json_get(before, name) == NULL && !is_nothing(value)) {
            add_difference(arch, out, lists, name, NULL, value);
        }
    }
}

static VirtCpuJson *
tristate_to_json(VirtCpuTristate value)
{
    return value == VIRTCPU_TRISTATE_ABSENT ? virtcpu_json_new_null()
                                            : virtcpu_json_new_bool(value == VIRTCPU_TRISTATE_YES);
}

/* Those of @blockers that are not in @known (NULL: all). NULL when there is none. */
static VirtCpuJson *
names_to_json(const GPtrArray *blockers, const GPtrArray *known)
{
    g_autoptr(VirtCpuJson) out = virtcpu_json_new_array();

    for (guint i = 0; blockers != NULL && i < blockers->len; i++) {
        const char *name = g_ptr_array_index(blockers, i);

        if (known == NULL || !g_ptr_array_find_with_equal_func((GPtrArray *)(guintptr)known, name,
                                                               g_str_equal, NULL)) {
            virtcpu_json_append(out, virtcpu_json_new_string(name));
        }
    }
    return virtcpu_json_size(out) > 0 ? g_steal_pointer(&out) : NULL;
}

static gboolean
add_runs(VirtCpuJson *out, const VirtCpuDriftCpu *before, const VirtCpuDriftCpu *after)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    VirtCpuJson *blockers = names_to_json(after->blockers, NULL);
    VirtCpuJson *fresh =
        names_to_json(after->blockers, before->blockers != NULL ? before->blockers : none);
    const gboolean new_blockers = fresh != NULL;
    VirtCpuJson *runs = virtcpu_json_set(out, "runs", virtcpu_json_new_array());

    virtcpu_json_append(runs, tristate_to_json(before->runs));
    virtcpu_json_append(runs, tristate_to_json(after->runs));
    if (blockers != NULL) {
        virtcpu_json_set(out, "blockers", blockers);
    }
    if (fresh != NULL) {
        virtcpu_json_set(out, "new-blockers", fresh);
    }
    return new_blockers ||
           (before->runs != after->runs && before->runs != VIRTCPU_TRISTATE_ABSENT &&
            after->runs != VIRTCPU_TRISTATE_ABSENT);
}

VirtCpuJson *
virtcpu_drift_compare(VirtCpuArch arch, const char *name, const VirtCpuDriftCpu *before,
                      const VirtCpuDriftCpu *after)
{
    VirtCpuJson *out = virtcpu_json_new_object();
    gboolean drift = before->there != after->there;
    gsize members;

    virtcpu_json_set_string(out, "name", name);
    virtcpu_json_set_bool(out, "drift", FALSE);
    if (drift) {
        virtcpu_json_set_string(out, "only", before->there ? "before" : "after");
    }
    virtcpu_json_set_string(out, "refusal",
                            before->refusal != NULL ? before->refusal : after->refusal);
    drift = drift || (before->props == NULL) != (after->props == NULL);
    members = virtcpu_json_size(out);
    if (before->props != NULL && after->props != NULL) {
        compare_props(arch, out, before->props, after->props);
        drift = drift || virtcpu_json_size(out) > members;
    }
    if (before->there && after->there) {
        drift = add_runs(out, before, after) || drift;
    }
    virtcpu_json_set_bool(out, "drift", drift);
    return out;
}
