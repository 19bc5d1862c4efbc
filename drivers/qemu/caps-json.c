/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities from QEMU's replies, and to and from the cache's JSON, which has the replies' form:
 * one reader judges both. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/caps-priv.h"

#include <string.h>

/* Numbers above these are absurd: versions become three decimal digits each; some boards of ppc64
 * set the highest int as their limit of vCPUs. */
#define MAX_VERSION 999
#define MAX_CPUS    G_MAXINT

static gboolean
refuse(GError **error, const char *member)
{
    virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                      _("QEMU's capabilities have no valid '%s'"), member);
    return FALSE;
}

/* ---- reading ---- */

static gboolean
read_bounded(const VirtCpuJson *object, const char *key, gint64 max, unsigned *number)
{
    gint64 value;

    if (!virtcpu_json_get_int(object, key, &value) || value < 0 || value > max) {
        return FALSE;
    }
    *number = (unsigned)value;
    return TRUE;
}

static gboolean
read_identity(VirtCpuQemuCaps *caps, const VirtCpuJson *json, GError **error)
{
    const VirtCpuJson *version = virtcpu_json_get(json, "version");
    const VirtCpuJson *numbers = virtcpu_json_get(version, "qemu");
    const VirtCpuJson *kvm = virtcpu_json_get(json, "kvm");

    caps->binary = g_strdup(virtcpu_json_get_string(json, "binary"));
    if (caps->binary == NULL || !g_path_is_absolute(caps->binary)) {
        return refuse(error, "binary");
    }
    if (!virtcpu_virt_type_from_string(virtcpu_json_get_string(json, "virt-type"),
                                       &caps->virt_type)) {
        return refuse(error, "virt-type");
    }
    if (!read_bounded(numbers, "major", MAX_VERSION, &caps->version_major) ||
        !read_bounded(numbers, "minor", MAX_VERSION, &caps->version_minor) ||
        !read_bounded(numbers, "micro", MAX_VERSION, &caps->version_micro)) {
        return refuse(error, "version");
    }
    caps->package = g_strdup(virtcpu_json_get_string(version, "package"));
    caps->arch =
        virtcpu_arch_from_qemu(virtcpu_json_get_string(virtcpu_json_get(json, "target"), "arch"));
    if (caps->arch == VIRTCPU_ARCH_NONE) {
        return refuse(error, "target");
    }
    caps->kvm_present = virtcpu_json_get_bool(kvm, "present", FALSE);
    caps->kvm_enabled = virtcpu_json_get_bool(kvm, "enabled", FALSE);
    return TRUE;
}

static VirtCpuQemuMachine *
read_machine(const VirtCpuJson *json)
{
    const char *name = virtcpu_json_get_string(json, "name");
    VirtCpuQemuMachine *machine;
    unsigned max_cpus;

    if (name == NULL || !read_bounded(json, "cpu-max", MAX_CPUS, &max_cpus)) {
        return NULL;
    }
    machine = g_new0(VirtCpuQemuMachine, 1);
    machine->name = g_strdup(name);
    machine->alias = g_strdup(virtcpu_json_get_string(json, "alias"));
    machine->max_cpus = max_cpus;
    machine->hotplug_cpus = virtcpu_json_get_bool(json, "hotpluggable-cpus", FALSE);
    machine->is_default = virtcpu_json_get_bool(json, "is-default", FALSE);
    machine->deprecated = virtcpu_json_get_bool(json, "deprecated", FALSE);
    machine->numa_mem = virtcpu_json_get_bool(json, "numa-mem-supported", FALSE);
    machine->default_cpu = g_strdup(virtcpu_json_get_string(json, "default-cpu-type"));
    machine->default_ram_id = g_strdup(virtcpu_json_get_string(json, "default-ram-id"));
    return machine;
}

/* All but "none", which runs no guest. */
static gboolean
read_machines(VirtCpuQemuCaps *caps, const VirtCpuJson *json, GError **error)
{
    caps->machines = virtcpu_qemu_machines_new();
    if (virtcpu_json_kind(json) != VIRTCPU_JSON_ARRAY) {
        return refuse(error, "machines");
    }
    for (gsize i = 0; i < virtcpu_json_size(json); i++) {
        VirtCpuQemuMachine *machine = read_machine(virtcpu_json_at(json, i));

        if (machine == NULL) {
            return refuse(error, "machines");
        }
        g_ptr_array_add(caps->machines, machine);
        if (g_str_equal(machine->name, "none")) {
            g_ptr_array_remove_index(caps->machines, caps->machines->len - 1);
        }
    }
    return TRUE;
}

/* The models, under libvirt's names. Some targets have no query-cpu-definitions, hence none. */
static gboolean
read_models(VirtCpuQemuCaps *caps, const VirtCpuJson *json, GError **error)
{
    g_autoptr(VirtCpuJson) none = virtcpu_json_new_array();

    caps->models = virtcpu_hv_models_from_json(json != NULL ? json : none, error);
    for (guint i = 0; caps->models != NULL && i < caps->models->len; i++) {
        VirtCpuHvModel *model = caps->models->pdata[i];
        g_autofree char *name = g_steal_pointer(&model->name);

        model->name = g_strdup(virtcpu_cpu_model_from_qemu(caps->arch, name));
    }
    return caps->models != NULL;
}

/* The name of entry @index of @json: an object with "name", or the string itself. */
static const char *
name_at(const VirtCpuJson *json, gsize index)
{
    const VirtCpuJson *entry = virtcpu_json_at(json, index);
    const char *name = virtcpu_json_to_string(entry);

    return name != NULL ? name : virtcpu_json_get_string(entry, "name");
}

/* A set of names; what @json has no names for is left out. */
static GHashTable *
read_set(const VirtCpuJson *json)
{
    /* dozens of binaries have the same thousand names: each is kept once for all of them */
    GHashTable *set =
        g_hash_table_new_full(g_str_hash, g_str_equal, (GDestroyNotify)g_ref_string_release, NULL);

    for (gsize i = 0; i < virtcpu_json_size(json); i++) {
        const char *name = name_at(json, i);

        if (name != NULL) {
            g_hash_table_add(set, g_ref_string_new_intern(name));
        }
    }
    return set;
}

static char **
read_list(const VirtCpuJson *json)
{
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();

    if (virtcpu_json_kind(json) != VIRTCPU_JSON_ARRAY) {
        return NULL;
    }
    for (gsize i = 0; i < virtcpu_json_size(json); i++) {
        const char *name = name_at(json, i);

        if (name != NULL) {
            g_strv_builder_add(list, name);
        }
    }
    return g_strv_builder_end(list);
}

/* The expansion under @member of @json into @expansion (out): its "model" object, or that object
 * itself; NULL when @json has none. QEMU leaves out "props" where the model's name says all. FALSE
 * with an error when it is no model: a host-model must not be missing for no reason told. */
static gboolean
read_expansion(const VirtCpuJson *json, const char *member, VirtCpuJson **expansion, GError **error)
{
    const VirtCpuJson *given = virtcpu_json_get(json, member);
    const VirtCpuJson *model = virtcpu_json_get(given, "model");
    const VirtCpuJson *props;

    if (given == NULL) {
        return TRUE;
    }
    model = model != NULL ? model : given;
    props = virtcpu_json_get(model, "props");
    if (props != NULL ? virtcpu_json_kind(props) != VIRTCPU_JSON_OBJECT
                      : virtcpu_json_get_string(model, "name") == NULL) {
        return refuse(error, member);
    }
    *expansion = virtcpu_json_copy(model);
    if (props == NULL) {
        virtcpu_json_set(*expansion, "props", virtcpu_json_new_object());
    }
    return TRUE;
}

/* The host-model CPU of @expansion; NULL where none can be named: the architecture makes no CPU of
 * an expansion, no model fits. */
static VirtCpuDef *
decode(const VirtCpuQemuCaps *caps, const VirtCpuJson *expansion, gboolean migratable)
{
    const VirtCpuDecodeOptions options = {
        .type = VIRTCPU_DEF_GUEST,
        .hv_models = caps->models,
        .migratable = migratable,
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuData) data = NULL;
    g_autoptr(VirtCpuDef) def = NULL;

    if (expansion == NULL) {
        return NULL;
    }
    data = virtcpu_cpu_data_from_expansion(caps->arch, expansion, &error);
    def = data != NULL ? virtcpu_cpu_decode(data, &options, &error) : NULL;
    if (def == NULL) {
        g_info("no host-model for '%s': %s", caps->binary, error->message);
        return NULL;
    }
    def->fallback = VIRTCPU_FALLBACK_FORBID;
    def->has_fallback = TRUE;
    return g_steal_pointer(&def);
}

/* Deprecated features: of the full expansion, for the static one tells only those that its model
 * has; or the cache's own list. */
static const VirtCpuJson *
find_deprecated(const VirtCpuJson *json)
{
    const VirtCpuJson *kept = virtcpu_json_get(json, "deprecated-props");

    if (kept == NULL) {
        kept = virtcpu_json_get(virtcpu_json_get(json, "max-model-full"), "deprecated-props");
    }
    return kept != NULL ? kept
                        : virtcpu_json_get(virtcpu_json_get(json, "max-model"), "deprecated-props");
}

static void
derive(VirtCpuQemuCaps *caps)
{
    const VirtCpuJson *all =
        caps->max_model_nonmigratable != NULL ? caps->max_model_nonmigratable : caps->max_model;

    /* a QEMU that can leave out what blocks migration has left it out */
    gboolean told = virtcpu_qemu_caps_has_property(caps, "migratable");

    caps->host_model = decode(caps, caps->max_model, !told);
    if (caps->host_model != NULL && told) {
        caps->host_model->migratable = VIRTCPU_TRISTATE_YES;
    }
    caps->host_model_reported = caps->host_model != NULL ? decode(caps, all, FALSE) : NULL;
}

/* TRUE when @options, of the whole command line or of one option, has @name. */
static gboolean
has_option(const VirtCpuJson *options, const char *name)
{
    for (gsize i = 0; i < virtcpu_json_size(options); i++) {
        const VirtCpuJson *option = virtcpu_json_at(options, i);

        if (g_strcmp0(virtcpu_json_get_string(option, "option"), name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

VirtCpuQemuCaps *
virtcpu_qemu_caps_from_json(const VirtCpuJson *json, GError **error)
{
    g_autoptr(VirtCpuQemuCaps) caps = virtcpu_qemu_caps_new();

    if (!read_identity(caps, json, error) ||
        !read_machines(caps, virtcpu_json_get(json, "machines"), error)) {
        return NULL;
    }
    if (!read_models(caps, virtcpu_json_get(json, "models"), error)) {
        return NULL;
    }
    caps->commands = read_set(virtcpu_json_get(json, "commands"));
    if (virtcpu_json_get(json, "devices") != NULL) {
        caps->devices = read_set(virtcpu_json_get(json, "devices"));
    }
    caps->accelerators = read_list(virtcpu_json_get(json, "accelerators"));
    caps->has_sandbox = has_option(virtcpu_json_get(json, "sandbox"), "sandbox");
    caps->deprecated_properties = read_list(find_deprecated(json));
    caps->properties = read_list(virtcpu_json_get(json, "properties"));
    if (!read_expansion(json, "max-model", &caps->max_model, error) ||
        !read_expansion(json, "max-model-nonmigratable", &caps->max_model_nonmigratable, error)) {
        return NULL;
    }
    derive(caps);
    return g_steal_pointer(&caps);
}

/* ---- writing ---- */

static void
write_identity(VirtCpuJson *json, const VirtCpuQemuCaps *caps)
{
    VirtCpuJson *version, *numbers, *target, *kvm;

    virtcpu_json_set_string(json, "binary", caps->binary);
    virtcpu_json_set_string(json, "virt-type", virtcpu_virt_type_to_string(caps->virt_type));
    version = virtcpu_json_set(json, "version", virtcpu_json_new_object());
    numbers = virtcpu_json_set(version, "qemu", virtcpu_json_new_object());
    virtcpu_json_set_int(numbers, "major", caps->version_major);
    virtcpu_json_set_int(numbers, "minor", caps->version_minor);
    virtcpu_json_set_int(numbers, "micro", caps->version_micro);
    virtcpu_json_set_string(version, "package", caps->package);
    target = virtcpu_json_set(json, "target", virtcpu_json_new_object());
    virtcpu_json_set_string(target, "arch", virtcpu_arch_to_qemu(caps->arch));
    kvm = virtcpu_json_set(json, "kvm", virtcpu_json_new_object());
    virtcpu_json_set_bool(kvm, "present", caps->kvm_present);
    virtcpu_json_set_bool(kvm, "enabled", caps->kvm_enabled);
}

static VirtCpuJson *
write_machine(const VirtCpuQemuMachine *machine)
{
    VirtCpuJson *json = virtcpu_json_new_object();

    virtcpu_json_set_string(json, "name", machine->name);
    virtcpu_json_set_string(json, "alias", machine->alias);
    virtcpu_json_set_int(json, "cpu-max", machine->max_cpus);
    virtcpu_json_set_bool(json, "hotpluggable-cpus", machine->hotplug_cpus);
    virtcpu_json_set_bool(json, "is-default", machine->is_default);
    virtcpu_json_set_bool(json, "deprecated", machine->deprecated);
    virtcpu_json_set_bool(json, "numa-mem-supported", machine->numa_mem);
    virtcpu_json_set_string(json, "default-cpu-type", machine->default_cpu);
    virtcpu_json_set_string(json, "default-ram-id", machine->default_ram_id);
    return json;
}

/* Names that are not known make no member. */
static void
set_list(VirtCpuJson *json, const char *member, char **names)
{
    if (names != NULL) {
        virtcpu_json_set(json, member, virtcpu_json_new_strings((const char *const *)names));
    }
}

static VirtCpuJson *
write_model(const VirtCpuHvModel *model)
{
    VirtCpuJson *json = virtcpu_json_new_object();

    virtcpu_json_set_string(json, "name", model->name);
    virtcpu_json_set_string(json, "typename", model->type);
    virtcpu_json_set_string(json, "alias-of", model->canonical);
    virtcpu_json_set_bool(json, "deprecated", model->deprecated);
    virtcpu_json_set_bool(json, "static", model->is_static);
    if (model->migration_safe != VIRTCPU_TRISTATE_ABSENT) {
        virtcpu_json_set_bool(json, "migration-safe",
                              model->migration_safe == VIRTCPU_TRISTATE_YES);
    }
    if (model->usable != VIRTCPU_TRISTATE_ABSENT) {
        virtcpu_json_set(json, "unavailable-features",
                         virtcpu_json_new_strings((const char *const *)model->blockers));
    }
    return json;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, so that the same capabilities always make the same text. */
static VirtCpuJson *
write_set(GHashTable *set)
{
    guint count;
    g_autofree gpointer *names = g_hash_table_get_keys_as_array(set, &count);
    VirtCpuJson *json;

    qsort(names, count, sizeof(names[0]), compare_names);
    json = virtcpu_json_new_array();
    for (guint i = 0; i < count; i++) {
        virtcpu_json_append(json, virtcpu_json_new_string(names[i]));
    }
    return json;
}

VirtCpuJson *
virtcpu_qemu_caps_to_json(const VirtCpuQemuCaps *caps)
{
    VirtCpuJson *json = virtcpu_json_new_object();
    VirtCpuJson *machines, *models;

    write_identity(json, caps);
    machines = virtcpu_json_set(json, "machines", virtcpu_json_new_array());
    for (guint i = 0; i < caps->machines->len; i++) {
        virtcpu_json_append(machines, write_machine(caps->machines->pdata[i]));
    }
    models = virtcpu_json_set(json, "models", virtcpu_json_new_array());
    for (guint i = 0; i < caps->models->len; i++) {
        virtcpu_json_append(models, write_model(caps->models->pdata[i]));
    }
    virtcpu_json_set(json, "commands", write_set(caps->commands));
    if (caps->devices != NULL) {
        virtcpu_json_set(json, "devices", write_set(caps->devices));
    }
    set_list(json, "accelerators", caps->accelerators);
    if (caps->has_sandbox) {
        VirtCpuJson *options = virtcpu_json_set(json, "sandbox", virtcpu_json_new_array());

        virtcpu_json_set_string(virtcpu_json_append(options, virtcpu_json_new_object()), "option",
                                "sandbox");
    }
    set_list(json, "properties", caps->properties);
    set_list(json, "deprecated-props", caps->deprecated_properties);
    if (caps->max_model != NULL) {
        virtcpu_json_set(json, "max-model", virtcpu_json_copy(caps->max_model));
    }
    if (caps->max_model_nonmigratable != NULL) {
        virtcpu_json_set(json, "max-model-nonmigratable",
                         virtcpu_json_copy(caps->max_model_nonmigratable));
    }
    return json;
}
