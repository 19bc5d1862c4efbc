/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/explicit-cpu.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <string.h>

/* Groups in the order they are written. */
typedef enum {
    GROUP_IDENTITY,
    GROUP_FEATURE, /* whatever is in no other */
    GROUP_PARAVIRTUAL,
    GROUP_CACHE,
    GROUP_ADDRESS,
    GROUP_KNOB,
    GROUP_NONE, /* no part of the CPU: never written */
} Group;

/* Properties by group, QEMU's target/i386/cpu.c and hw/i386/pc.c; a name ending in '*' stands for
 * all that begin so. Identity is written in this order, the other groups by name. */
static const struct {
    const char *name;
    Group group;
} group_rows[] = {
    { "vendor", GROUP_IDENTITY },
    { "family", GROUP_IDENTITY },
    { "model", GROUP_IDENTITY },
    { "stepping", GROUP_IDENTITY },
    { "model-id", GROUP_IDENTITY },
    { "level", GROUP_IDENTITY },
    { "min-level", GROUP_IDENTITY },
    { "level-func7", GROUP_IDENTITY },
    { "xlevel", GROUP_IDENTITY },
    { "min-xlevel", GROUP_IDENTITY },
    { "xlevel2", GROUP_IDENTITY },
    { "min-xlevel2", GROUP_IDENTITY },
    { "ucode-rev", GROUP_IDENTITY },
    /* placed by the machine, or about the run and not the CPU */
    { "apic-id", GROUP_NONE },
    { "check", GROUP_NONE },
    { "cluster-id", GROUP_NONE },
    { "core-id", GROUP_NONE },
    { "die-id", GROUP_NONE },
    { "enforce", GROUP_NONE },
    { "hotplugged", GROUP_NONE },
    { "memory", GROUP_NONE },
    { "migratable", GROUP_NONE },
    { "module-id", GROUP_NONE },
    { "node-id", GROUP_NONE },
    { "realized", GROUP_NONE },
    { "socket-id", GROUP_NONE },
    { "start-powered-off", GROUP_NONE },
    { "thread-id", GROUP_NONE },
    { "hv-*", GROUP_PARAVIRTUAL },
    { "kvm*", GROUP_PARAVIRTUAL },
    { "pmu", GROUP_PARAVIRTUAL },
    { "tsc-frequency", GROUP_PARAVIRTUAL },
    { "vmware-cpuid-freq", GROUP_PARAVIRTUAL },
    { "x-hv-*", GROUP_PARAVIRTUAL },
    { "xen-*", GROUP_PARAVIRTUAL },
    { "host-cache-info", GROUP_CACHE },
    { "l3-cache", GROUP_CACHE },
    { "legacy-cache", GROUP_CACHE },
    { "x-l1-cache-per-thread", GROUP_CACHE },
    { "guest-phys-bits", GROUP_ADDRESS },
    { "host-phys-bits", GROUP_ADDRESS },
    { "host-phys-bits-limit", GROUP_ADDRESS },
    { "phys-bits", GROUP_ADDRESS },
    { "cpuid-0xb", GROUP_KNOB },
    { "fill-mtrr-mask", GROUP_KNOB },
    { "full-cpuid-auto-level", GROUP_KNOB },
    { "legacy-multi-node", GROUP_KNOB },
    { "tcg-cpuid", GROUP_KNOB },
    { "x-*", GROUP_KNOB },
};

/* A level that QEMU derives, and the least it may be. */
static const char *const levels[][2] = {
    { "level", "min-level" },
    { "xlevel", "min-xlevel" },
    { "xlevel2", "min-xlevel2" },
};

/* A property to be written. */
typedef struct {
    const char *name;
    const VirtCpuJson *value;
    Group group;
    gsize place; /* within GROUP_IDENTITY */
} Row;

void
virtcpu_cpu_line_clear(VirtCpuCpuLine *line)
{
    g_clear_pointer(&line->cpu, g_free);
    g_clear_pointer(&line->globals, g_strfreev);
}

const VirtCpuHvModel *
virtcpu_explicit_bare_model(const VirtCpuQemuCaps *caps)
{
    const VirtCpuHvModel *custom = virtcpu_qemu_caps_model(caps, "custom");

    return custom != NULL ? custom : virtcpu_qemu_caps_model(caps, "base");
}

gboolean
virtcpu_explicit_stays_named(const VirtCpuJson *props)
{
    return !virtcpu_json_get_bool(props, "legacy-cache", TRUE);
}

static gboolean
matches(const char *pattern, const char *name)
{
    gsize length = strlen(pattern);

    return pattern[length - 1] == '*' ? strncmp(pattern, name, length - 1) == 0
                                      : g_str_equal(pattern, name);
}

/* Where property @name belongs. The first row counts: exact names stand before patterns. */
static Row
make_row(const char *name, const VirtCpuJson *value)
{
    Row row = { .name = name, .value = value, .group = GROUP_FEATURE };

    for (gsize i = 0; i < G_N_ELEMENTS(group_rows); i++) {
        if (matches(group_rows[i].name, name)) {
            row.group = group_rows[i].group;
            row.place = row.group == GROUP_IDENTITY ? i : 0;
            break;
        }
    }
    return row;
}

/* Properties that a QEMU without them has on all the same, or that mean nothing to its guests' CPU:
 * target/i386/cpu.c and hw/i386/pc.c. */
static const char *const implied[] = {
    "guest-phys-bits",       /* QEMU 9.1; before, guests were told of no other number of bits */
    "kvm-no-smi-migration",  /* until QEMU 9.0; about a migration's data, of KVM before 4.13 */
    "legacy-multi-node",     /* QEMU 10.0; before, all were */
    "x-l1-cache-per-thread", /* QEMU 10.0; how many threads are said to share a cache: topology */
    /* QEMU 9.2; before, a CPU without topoext had its leaves, which only that feature announces */
    "x-amd-topoext-features-only",
};

gboolean
virtcpu_explicit_is_content(const char *name)
{
    return make_row(name, NULL).group != GROUP_NONE;
}

gboolean
virtcpu_explicit_is_nothing(const char *name, const VirtCpuJson *value)
{
    const char *text = virtcpu_json_to_string(value);
    gint64 number;

    for (gsize i = 0; i < G_N_ELEMENTS(implied); i++) {
        if (g_str_equal(implied[i], name)) {
            return TRUE;
        }
    }
    if (text != NULL) {
        return text[0] == '\0' || g_str_equal(text, "off");
    }
    return virtcpu_json_to_int(value, &number) ? number == 0 : !virtcpu_json_is_true(value);
}

/* TRUE when @name is a second spelling of a property that @props has under its own name. */
static gboolean
is_alias(VirtCpuArch arch, const VirtCpuJson *props, const char *name)
{
    const char *feature = virtcpu_cpu_feature_from_qemu(arch, name);
    const char *known = feature != NULL ? virtcpu_cpu_feature_to_qemu(arch, feature) : name;
    g_autofree char *dashed = NULL;

    if (!g_str_equal(known, name) && virtcpu_json_get(props, known) != NULL) {
        return TRUE;
    }
    if (strchr(name, '_') == NULL) {
        return FALSE;
    }
    dashed = g_strdelimit(g_strdup(name), "_", '-');
    return virtcpu_json_get(props, dashed) != NULL;
}

/* TRUE when level @name needs no word: QEMU derives it from the least one, which is written, and
 * what the topology adds. */
static gboolean
is_derived_level(const VirtCpuJson *props, const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
        if (g_str_equal(levels[i][0], name)) {
            return virtcpu_json_equal(virtcpu_json_get(props, name),
                                      virtcpu_json_get(props, levels[i][1]));
        }
    }
    return FALSE;
}

/* TRUE when the QEMU has the value by itself. */
static gboolean
is_given(const VirtCpuExplicitInput *input, const Row *row, gboolean stays)
{
    if (input->bare == NULL ||
        !virtcpu_json_equal(virtcpu_json_get(input->bare, row->name), row->value)) {
        return FALSE;
    }
    return !stays || input->named == NULL ||
           virtcpu_json_equal(virtcpu_json_get(input->named, row->name), row->value);
}

static gboolean
is_written(const VirtCpuExplicitInput *input, const Row *row, gboolean stays)
{
    return row->group != GROUP_NONE && !is_alias(input->caps->arch, input->props, row->name) &&
           (input->realised || !is_derived_level(input->props, row->name)) &&
           !is_given(input, row, stays);
}

static gboolean
check_known(const VirtCpuExplicitInput *input, const Row *row, gboolean *known, GError **error)
{
    *known = input->bare == NULL || virtcpu_json_get(input->bare, row->name) != NULL;
    if (*known || virtcpu_explicit_is_nothing(row->name, row->value)) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("QEMU '%s' has no CPU property '%s', which this CPU has on: remove it from "
                        "<cpu> or use another QEMU"),
                      input->caps->binary, row->name);
    return FALSE;
}

/* The properties to write, of Row, in no order (transfer full). */
static GArray *
collect(const VirtCpuExplicitInput *input, gboolean stays, GError **error)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(Row));

    for (gsize i = 0; i < virtcpu_json_size(input->props); i++) {
        Row row = make_row(virtcpu_json_key_at(input->props, i), virtcpu_json_at(input->props, i));
        gboolean known;

        if (!is_written(input, &row, stays)) {
            continue;
        }
        if (!check_known(input, &row, &known, error)) {
            return NULL;
        }
        if (known) {
            g_array_append_val(rows, row);
        }
    }
    return g_steal_pointer(&rows);
}

static int
compare_rows(gconstpointer a, gconstpointer b)
{
    const Row *x = a;
    const Row *y = b;

    if (x->group != y->group) {
        return x->group < y->group ? -1 : 1;
    }
    if (x->place != y->place) {
        return x->place < y->place ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

VirtCpuJson *
virtcpu_explicit_difference(const VirtCpuExplicitInput *input, GError **error)
{
    g_autoptr(GArray) rows = collect(input, FALSE, error);
    VirtCpuJson *out = rows != NULL ? virtcpu_json_new_object() : NULL;

    if (rows == NULL) {
        return NULL;
    }
    g_array_sort(rows, compare_rows);
    for (guint i = 0; i < rows->len; i++) {
        const Row *row = &g_array_index(rows, Row, i);

        virtcpu_json_set(out, row->name, virtcpu_json_copy(row->value));
    }
    return out;
}

static gboolean
check_type(const VirtCpuExplicitInput *input, const VirtCpuHvModel *model, const Row *row,
           GError **error)
{
    if (model != NULL && model->type != NULL) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("property '%s' of the CPU has a comma in its value, and QEMU '%s' does not "
                        "tell the type that -global needs for it"),
                      row->name, input->caps->binary);
    return FALSE;
}

static gboolean
write_rows(const VirtCpuExplicitInput *input, const VirtCpuHvModel *model, GArray *rows,
           GString *cpu, GPtrArray *globals, GError **error)
{
    for (guint i = 0; i < rows->len; i++) {
        const Row *row = &g_array_index(rows, Row, i);
        g_autofree char *value = virtcpu_json_to_option(row->value);

        if (strchr(value, ',') == NULL) {
            g_string_append_printf(cpu, ",%s=%s", row->name, value);
        } else if (check_type(input, model, row, error)) {
            g_ptr_array_add(globals, g_strdup_printf("%s.%s=%s", model->type, row->name, value));
        } else {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
virtcpu_explicit_write(const VirtCpuExplicitInput *input, VirtCpuCpuLine *line, GError **error)
{
    const VirtCpuHvModel *bare =
        input->bare != NULL ? virtcpu_explicit_bare_model(input->caps) : NULL;
    gboolean stays = bare == NULL || virtcpu_explicit_stays_named(input->props);
    const VirtCpuHvModel *model = stays ? virtcpu_qemu_caps_model(input->caps, input->model) : bare;
    g_autoptr(GString) cpu = g_string_new(stays ? input->model : bare->name);
    g_autoptr(GPtrArray) globals = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) rows = collect(input, stays, error);

    if (rows == NULL) {
        return FALSE;
    }
    g_array_sort(rows, compare_rows);
    if (!write_rows(input, model, rows, cpu, globals, error)) {
        return FALSE;
    }
    g_ptr_array_add(globals, NULL);
    line->cpu = g_string_free(g_steal_pointer(&cpu), FALSE);
    line->globals = (char **)g_ptr_array_free(g_steal_pointer(&globals), FALSE);
    return TRUE;
}
