/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/drift.h"

/* Properties that say which CPU it is, and those about its caches; the others that are no features
 * are QEMU's and the machine type's knobs (target/i386/cpu.c). */
static const char *const identity_properties[] = {
    "family",   "level",    "level-func7", "min-level", "min-xlevel", "min-xlevel2", "model",
    "model-id", "stepping", "vendor",      "xlevel",    "xlevel2",    NULL,
};
static const char *const cache_properties[] = { "host-cache-info", "l3-cache", "legacy-cache",
                                                NULL };

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

/* What @name is; @feature (out) gets a feature's own name. Where the map has no features every
 * switch is one. */
static Kind
kind_of(VirtCpuArch arch, const char *name, const VirtCpuJson *value, const char **feature)
{
    *feature = virtcpu_cpu_feature_from_qemu(arch, name);
    if (g_strv_contains(identity_properties, name)) {
        return KIND_IDENTITY;
    }
    if (g_strv_contains(cache_properties, name)) {
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
    return before == NULL || after == NULL ? is_nothing(before) && is_nothing(after)
                                           : virtcpu_json_equal(before, after);
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

/* The differences of two CPUs, by kind. */
typedef struct {
    VirtCpuJson *gained, *lost;    /* arrays of features */
    VirtCpuJson *pairs[KIND_LAST]; /* objects of [before, after]; none for features */
} Lists;

static void
lists_init(Lists *lists)
{
    lists->gained = virtcpu_json_new_array();
    lists->lost = virtcpu_json_new_array();
    for (int kind = 0; kind < KIND_LAST; kind++) {
        lists->pairs[kind] = virtcpu_json_new_object();
    }
}

/* Add that property @name differs. A feature of several spellings is told once. */
static void
lists_add(Lists *lists, VirtCpuArch arch, const char *name, const VirtCpuJson *before,
          const VirtCpuJson *after)
{
    const char *feature = NULL;
    Kind kind = kind_of(arch, name, before != NULL ? before : after, &feature);
    VirtCpuJson *pair;

    if (kind == KIND_FEATURE) {
        VirtCpuJson *names = virtcpu_json_is_true(after) ? lists->gained : lists->lost;

        if (!contains_text(names, feature)) {
            virtcpu_json_append(names, virtcpu_json_new_string(feature));
        }
        return;
    }
    pair = virtcpu_json_set(lists->pairs[kind], name, virtcpu_json_new_array());
    virtcpu_json_append(pair, copy_or_null(before));
    virtcpu_json_append(pair, copy_or_null(after));
}

/* Put @list (transfer full) into @out unless it is empty; TRUE when it is not. */
static gboolean
put_list(VirtCpuJson *out, const char *key, VirtCpuJson *list)
{
    if (virtcpu_json_size(list) == 0) {
        virtcpu_json_free(list);
        return FALSE;
    }
    virtcpu_json_set(out, key, list);
    return TRUE;
}

/* Move all of @lists into @out; TRUE when there is any difference. */
static gboolean
lists_put(Lists *lists, VirtCpuJson *out)
{
    gboolean differs = put_list(out, "gained", lists->gained);

    differs = put_list(out, "lost", lists->lost) || differs;
    virtcpu_json_free(lists->pairs[KIND_FEATURE]);
    for (int kind = KIND_IDENTITY; kind < KIND_LAST; kind++) {
        differs = put_list(out, kind_members[kind], lists->pairs[kind]) || differs;
    }
    return differs;
}

static gboolean
compare_props(VirtCpuArch arch, VirtCpuJson *out, const VirtCpuJson *before,
              const VirtCpuJson *after)
{
    Lists lists;

    lists_init(&lists);
    for (gsize i = 0; i < virtcpu_json_size(before); i++) {
        const char *name = virtcpu_json_key_at(before, i);
        const VirtCpuJson *value = virtcpu_json_at(before, i);
        const VirtCpuJson *other = virtcpu_json_get(after, name);

        if (!is_equal(value, other)) {
            lists_add(&lists, arch, name, value, other);
        }
    }
    for (gsize i = 0; i < virtcpu_json_size(after); i++) {
        const char *name = virtcpu_json_key_at(after, i);
        const VirtCpuJson *value = virtcpu_json_at(after, i);

        if (virtcpu_json_get(before, name) == NULL && !is_nothing(value)) {
            lists_add(&lists, arch, name, NULL, value);
        }
    }
    return lists_put(&lists, out);
}

static VirtCpuJson *
tristate_to_json(VirtCpuTristate value)
{
    return value == VIRTCPU_TRISTATE_ABSENT ? virtcpu_json_new_null()
                                            : virtcpu_json_new_bool(value == VIRTCPU_TRISTATE_YES);
}

static gboolean
contains_name(const GPtrArray *names, const char *name)
{
    for (guint i = 0; names != NULL && i < names->len; i++) {
        if (g_str_equal(g_ptr_array_index(names, i), name)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Say whether it runs and what stands in its way; TRUE when that is other than it was. */
static gboolean
add_runs(VirtCpuJson *out, const VirtCpuDriftCpu *before, const VirtCpuDriftCpu *after)
{
    VirtCpuJson *runs = virtcpu_json_set(out, "runs", virtcpu_json_new_array());
    VirtCpuJson *blockers = virtcpu_json_new_array();
    VirtCpuJson *fresh = virtcpu_json_new_array();

    virtcpu_json_append(runs, tristate_to_json(before->runs));
    virtcpu_json_append(runs, tristate_to_json(after->runs));
    for (guint i = 0; after->blockers != NULL && i < after->blockers->len; i++) {
        const char *name = g_ptr_array_index(after->blockers, i);

        virtcpu_json_append(blockers, virtcpu_json_new_string(name));
        if (!contains_name(before->blockers, name)) {
            virtcpu_json_append(fresh, virtcpu_json_new_string(name));
        }
    }
    put_list(out, "blockers", blockers);
    return put_list(out, "new-blockers", fresh) ||
           (before->runs != after->runs && before->runs != VIRTCPU_TRISTATE_ABSENT &&
            after->runs != VIRTCPU_TRISTATE_ABSENT);
}

VirtCpuJson *
virtcpu_drift_compare(VirtCpuArch arch, const char *name, const VirtCpuDriftCpu *before,
                      const VirtCpuDriftCpu *after)
{
    VirtCpuJson *out = virtcpu_json_new_object();
    gboolean drift = before->there != after->there;

    virtcpu_json_set_string(out, "name", name);
    virtcpu_json_set_bool(out, "drift", FALSE);
    if (drift) {
        virtcpu_json_set_string(out, "only", before->there ? "before" : "after");
    }
    virtcpu_json_set_string(out, "refusal",
                            before->refusal != NULL ? before->refusal : after->refusal);
    drift = drift || (before->props == NULL) != (after->props == NULL);
    if (before->props != NULL && after->props != NULL) {
        drift = compare_props(arch, out, before->props, after->props) || drift;
    }
    if (before->there && after->there) {
        drift = add_runs(out, before, after) || drift;
    }
    virtcpu_json_set_bool(out, "drift", drift);
    return out;
}
