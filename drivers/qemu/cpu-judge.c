/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/cpu-judge.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/questions.h"

#define COMPARE    "query-cpu-model-comparison"
#define COMBINE    "query-cpu-model-baseline"
#define PROPERTIES "qom-list-properties"
#define TYPES      "qom-list-types"
/* Features named in an error at most: QEMU lists a hundred when the models are far apart. */
#define MAX_NAMED 20

gboolean
virtcpu_qemu_judge_compares(const VirtCpuQemuCaps *caps)
{
    return virtcpu_qemu_caps_has_command(caps, COMPARE);
}

gboolean
virtcpu_qemu_judge_combines(const VirtCpuQemuCaps *caps)
{
    return virtcpu_qemu_caps_has_command(caps, COMBINE);
}

/* @cpu as QEMU's CpuModelInfo (transfer full). */
static VirtCpuJson *
make_model(const VirtCpuDef *cpu)
{
    VirtCpuJson *model = virtcpu_json_new_object();
    VirtCpuJson *props;

    virtcpu_json_set_string(model, "name", cpu->model);
    if (cpu->features->len == 0) {
        return model;
    }
    props = virtcpu_json_set(model, "props", virtcpu_json_new_object());
    for (guint i = 0; i < cpu->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(cpu->features, i);

        virtcpu_json_set_bool(props, feature->name,
                              feature->policy == VIRTCPU_POLICY_FORCE ||
                                  feature->policy == VIRTCPU_POLICY_REQUIRE);
    }
    return model;
}

static gboolean
check_model(const VirtCpuDef *cpu, guint index, GError **error)
{
    if (cpu->model != NULL) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("no CPU model specified at index %u"),
                      index);
    return FALSE;
}

/* ---- comparison ---- */

typedef struct {
    const char *word; /* QEMU's, of the first CPU to the second */
    VirtCpuCompareResult result;
} ResultRow;

static const ResultRow results[] = {
    { "incompatible", VIRTCPU_COMPARE_INCOMPATIBLE },
    { "subset", VIRTCPU_COMPARE_INCOMPATIBLE },
    { "identical", VIRTCPU_COMPARE_IDENTICAL },
    { "superset", VIRTCPU_COMPARE_SUPERSET },
};

static VirtCpuCompareResult
read_result(const VirtCpuJson *reply, GError **error)
{
    const char *word = virtcpu_json_get_string(reply, "result");

    for (gsize i = 0; i < G_N_ELEMENTS(results); i++) {
        if (g_strcmp0(word, results[i].word) == 0) {
            return results[i].result;
        }
    }
    virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("unknown CPU comparison result '%s'"),
                      word != NULL ? word : "");
    return VIRTCPU_COMPARE_ERROR;
}

/* The properties @reply holds responsible, as one text (transfer full). "type" is the model. */
static char *
name_differences(const VirtCpuJson *reply)
{
    const VirtCpuJson *properties = virtcpu_json_get(reply, "responsible-properties");
    gsize count = virtcpu_json_size(properties);
    GString *names = g_string_new(NULL);

    for (gsize i = 0; i < count && i < MAX_NAMED; i++) {
        const char *name = virtcpu_json_to_string(virtcpu_json_at(properties, i));

        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", name != NULL ? name : "?");
    }
    if (count > MAX_NAMED) {
        g_string_append_printf(names, _(" and %u more"), (unsigned)(count - MAX_NAMED));
    }
    return g_string_free(names, FALSE);
}

static VirtCpuCompareResult
refuse(const VirtCpuDef *host, const VirtCpuDef *cpu, const VirtCpuJson *reply, GError **error)
{
    g_autofree char *names = name_differences(reply);

    virtcpu_error_set(error, VIRTCPU_ERR_CPU_INCOMPATIBLE,
                      _("QEMU finds that host-model, a %s, does not contain this %s; they differ "
                        "in: %s"),
                      host->model, cpu->model, names);
    return VIRTCPU_COMPARE_ERROR;
}

VirtCpuCompareResult
virtcpu_qemu_judge_compare(VirtCpuQemuHearing *hearing, const VirtCpuDef *host,
                           const VirtCpuDef *cpu, gboolean fail_incompatible, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    g_autoptr(VirtCpuJson) reply = NULL;
    VirtCpuCompareResult result;

    if (!check_model(cpu, 0, error)) {
        return VIRTCPU_COMPARE_ERROR;
    }
    virtcpu_json_set(arguments, "modela", make_model(host));
    virtcpu_json_set(arguments, "modelb", make_model(cpu));
    reply = virtcpu_qemu_hearing_ask(hearing, COMPARE, arguments, error);
    result = reply != NULL ? read_result(reply, error) : VIRTCPU_COMPARE_ERROR;
    if (result == VIRTCPU_COMPARE_SUPERSET && cpu->match == VIRTCPU_MATCH_STRICT) {
        result = VIRTCPU_COMPARE_INCOMPATIBLE;
    }
    return result == VIRTCPU_COMPARE_INCOMPATIBLE && fail_incompatible
               ? refuse(host, cpu, reply, error)
               : result;
}

/* ---- baseline ---- */

/* The "model" object of @reply as a guest's CPU, what is false in it disabled (transfer full). */
static VirtCpuDef *
read_model(const VirtCpuJson *reply, GError **error)
{
    const VirtCpuJson *model = virtcpu_json_get(reply, "model");
    const VirtCpuJson *props = virtcpu_json_get(model, "props");
    const char *name = virtcpu_json_get_string(model, "name");
    VirtCpuDef *cpu;

    if (name == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("QEMU's answer has no model"));
        return NULL;
    }
    cpu = virtcpu_def_new(VIRTCPU_DEF_GUEST);
    cpu->model = g_strdup(name);
    for (gsize i = 0; i < virtcpu_json_size(props); i++) {
        const VirtCpuJson *value = virtcpu_json_at(props, i);

        if (virtcpu_json_kind(value) == VIRTCPU_JSON_BOOL) {
            virtcpu_def_set_feature(cpu, virtcpu_json_key_at(props, i),
                                    virtcpu_json_is_true(value) ? VIRTCPU_POLICY_REQUIRE
                                                                : VIRTCPU_POLICY_DISABLE);
        }
    }
    return cpu;
}

/* What @first and @second have in common (transfer full). */
static VirtCpuDef *
combine(VirtCpuQemuHearing *hearing, const VirtCpuDef *first, const VirtCpuDef *second,
        GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    g_autoptr(VirtCpuJson) reply = NULL;

    virtcpu_json_set(arguments, "modela", make_model(first));
    virtcpu_json_set(arguments, "modelb", make_model(second));
    reply = virtcpu_qemu_hearing_ask(hearing, COMBINE, arguments, error);
    return reply != NULL ? read_model(reply, error) : NULL;
}

/* @cpu as QEMU expands it: "static" against a model that never changes, "full" with all features
 * there are (transfer full). */
static VirtCpuDef *
expand_as(VirtCpuQemuHearing *hearing, const char *type, const VirtCpuDef *cpu, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    g_autoptr(VirtCpuJson) reply = NULL;

    virtcpu_json_set_string(arguments, "type", type);
    virtcpu_json_set(arguments, "model", make_model(cpu));
    reply = virtcpu_qemu_hearing_ask(hearing, VIRTCPU_QEMU_EXPANSION, arguments, error);
    return reply != NULL ? read_model(reply, error) : NULL;
}

/* Name in @cpu, a static expansion, every other feature that it has. Those that a full expansion
 * has not are turned off only where the model would have them, which @cpu already says. */
static gboolean
put_members(VirtCpuQemuHearing *hearing, VirtCpuDef *cpu, GError **error)
{
    g_autoptr(VirtCpuDef) full = expand_as(hearing, "full", cpu, error);

    if (full == NULL) {
        return FALSE;
    }
    for (guint i = 0; i < full->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(full->features, i);

        if (feature->policy == VIRTCPU_POLICY_REQUIRE) {
            virtcpu_def_set_feature(cpu, feature->name, VIRTCPU_POLICY_REQUIRE);
        }
    }
    virtcpu_def_sort_features(cpu);
    return TRUE;
}

/* The form libvirt writes a baseline of s390x in: features without a policy. */
static VirtCpuDef *
finish(VirtCpuDef *cpu)
{
    gboolean lacks = FALSE;

    for (guint i = 0; i < cpu->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(cpu->features, i);

        lacks = lacks || feature->policy == VIRTCPU_POLICY_DISABLE;
    }
    cpu->type = lacks ? VIRTCPU_DEF_GUEST : VIRTCPU_DEF_HOST;
    cpu->has_match = TRUE;
    cpu->fallback = VIRTCPU_FALLBACK_FORBID;
    cpu->has_fallback = TRUE;
    return cpu;
}

VirtCpuDef *
virtcpu_qemu_judge_baseline(VirtCpuQemuHearing *hearing, const GPtrArray *cpus, gboolean expand,
                            GError **error)
{
    g_autoptr(VirtCpuDef) common = NULL;

    for (guint i = 0; i < cpus->len; i++) {
        const VirtCpuDef *cpu = g_ptr_array_index(cpus, i);
        g_autoptr(VirtCpuDef) before = g_steal_pointer(&common);

        if (!check_model(cpu, i, error)) {
            return NULL;
        }
        /* a single one is brought into the same form */
        common = before == NULL ? expand_as(hearing, "static", cpu, error)
                                : combine(hearing, before, cpu, error);
        if (common == NULL) {
            return NULL;
        }
    }
    if (expand && !put_members(hearing, common, error)) {
        return NULL;
    }
    return finish(g_steal_pointer(&common));
}

/* ---- names ---- */

/* What QEMU calls the model of @cpu. */
static const char *
model_name(const VirtCpuDef *cpu)
{
    if (cpu->mode == VIRTCPU_MODE_HOST_PASSTHROUGH || cpu->mode == VIRTCPU_MODE_HOST_MODEL) {
        return "host";
    }
    return cpu->mode == VIRTCPU_MODE_MAXIMUM ? "max" : cpu->model;
}

static gboolean
has_property(const VirtCpuJson *properties, const char *name)
{
    for (gsize i = 0; i < virtcpu_json_size(properties); i++) {
        if (g_strcmp0(virtcpu_json_get_string(virtcpu_json_at(properties, i), "name"), name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
check_features(const VirtCpuQemuCaps *caps, const VirtCpuDef *cpu, const VirtCpuJson *properties,
               GError **error)
{
    for (guint i = 0; i < cpu->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(cpu->features, i);

        if (!has_property(properties, virtcpu_cpu_feature_to_qemu(caps->arch, feature->name))) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("CPU model '%s' of QEMU '%s' has no feature '%s': remove it from "
                                "<cpu> or take another model"),
                              model_name(cpu), caps->binary, feature->name);
            return FALSE;
        }
    }
    return TRUE;
}

/* The QOM type of model @name where QEMU lists types only, "MODEL-TARGET-cpu" (transfer full);
 * NULL, with or without @error, when there is none. */
static char *
find_type(VirtCpuQemuHearing *hearing, const char *name, GError **error)
{
    g_autoptr(VirtCpuJson) arguments =
        virtcpu_json_parse("{\"implements\": \"cpu\", \"abstract\": false}", -1, error);
    g_autoptr(VirtCpuJson) types =
        arguments != NULL ? virtcpu_qemu_hearing_ask(hearing, TYPES, arguments, error) : NULL;

    for (gsize i = 0; i < virtcpu_json_size(types); i++) {
        const char *type = virtcpu_json_get_string(virtcpu_json_at(types, i), "name");
        g_autofree char *model = type != NULL ? virtcpu_qemu_model_of_type(type) : NULL;

        if (g_strcmp0(model, name) == 0) {
            return g_strdup(type);
        }
    }
    return NULL;
}

/* The QOM type of the model of @cpu into @type (transfer full), or NULL when QEMU does not list it.
 * FALSE for a model that is not there. */
static gboolean
get_type(VirtCpuQemuHearing *hearing, const VirtCpuQemuCaps *caps, const VirtCpuDef *cpu,
         char **type, GError **error)
{
    const char *name = model_name(cpu);
    const VirtCpuHvModel *model = virtcpu_qemu_caps_model(caps, name);
    GError *local_error = NULL;

    if (caps->models->len == 0) {
        *type = find_type(hearing, name, &local_error);
        if (local_error != NULL) {
            g_propagate_error(error, local_error);
        }
        return local_error == NULL;
    }
    if (model == NULL && cpu->mode == VIRTCPU_MODE_CUSTOM) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("CPU model %s is not supported by hypervisor"), name);
        return FALSE;
    }
    *type = model != NULL ? g_strdup(model->type) : NULL;
    return TRUE;
}

gboolean
virtcpu_qemu_judge_check_names(VirtCpuQemuHearing *hearing, const VirtCpuQemuCaps *caps,
                               const VirtCpuDef *cpu, GError **error)
{
    g_autofree char *type = NULL;
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    g_autoptr(VirtCpuJson) properties = NULL;

    if (model_name(cpu) == NULL || (caps->models->len == 0 && cpu->features->len == 0)) {
        return TRUE;
    }
    if (!get_type(hearing, caps, cpu, &type, error)) {
        return FALSE;
    }
    if (cpu->features->len == 0 || type == NULL) {
        return TRUE;
    }
    virtcpu_json_set_string(arguments, "typename", type);
    properties = virtcpu_qemu_hearing_ask(hearing, PROPERTIES, arguments, error);
    return properties != NULL && check_features(caps, cpu, properties, error);
}
