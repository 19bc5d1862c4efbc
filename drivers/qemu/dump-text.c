/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/dump.h"

#include <string.h>

/* What says where in the machine a vCPU is: set for each by -smp and the board. */
static const char *const place_properties[] = {
    "apic-id",   "cluster-id", "core-count",        "core-id",
    "die-id",    "module-id",  "node-id",           "mp-affinity",
    "socket-id", "thread-id",  "start-powered-off", NULL,
};

/* Numbers that say a property was not given, which QEMU's own setter refuses (lbr-fmt of
 * target/i386/cpu.c). */
static const struct {
    const char *name;
    guint64 value;
} not_given[] = {
    { "lbr-fmt", ~(guint64)0x3f },
};

/* Properties that QEMU lets nobody set unless a feature is on (phys-bits is a guess of QEMU's for
 * CPUs without long mode). */
static const struct {
    const char *name;
    const char *feature;
} conditions[] = {
    { "phys-bits", "lm" },
};

/* Properties that are measured unless they are asked for; asking changes the CPU (with
 * tsc-frequency KVM's guests get leaf 0x40000010: target/i386/kvm/kvm.c). */
static const char *const measured[] = { "tsc-frequency", NULL };

/* An empty text is one that was not given (priv_spec of riscv64). */
static gboolean
is_given(const char *name, const VirtCpuJson *value)
{
    guint64 number = 0;

    if (g_strcmp0(virtcpu_json_to_string(value), "") == 0) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(not_given); i++) {
        if (g_str_equal(not_given[i].name, name) && virtcpu_json_to_uint(value, &number) &&
            number == not_given[i].value) {
            return FALSE;
        }
    }
    return TRUE;
}

/* TRUE when the options of @dump name property @name. */
static gboolean
was_asked(const VirtCpuDump *dump, const char *name)
{
    g_autofree char *value = g_strdup_printf("%s=", name);
    g_autofree char *global = g_strdup_printf("property=%s,", name);

    for (gsize i = 0; dump->asked != NULL && dump->asked[i] != NULL; i++) {
        if (strstr(dump->asked[i], value) != NULL || strstr(dump->asked[i], global) != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
may_be_set(const VirtCpuDump *dump, const char *name)
{
    if (g_strv_contains(measured, name)) {
        return was_asked(dump, name);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(conditions); i++) {
        const VirtCpuCpuProperty *feature =
            virtcpu_cpu_object_find(&dump->object, conditions[i].feature);

        if (g_str_equal(conditions[i].name, name) && feature != NULL) {
            return virtcpu_json_is_true(feature->value);
        }
    }
    return TRUE;
}

/* TRUE when @name has the same words as another property, but for '_' that should be '-'. */
static gboolean
is_second_spelling(const VirtCpuDump *dump, const char *name)
{
    g_autofree char *first = g_strdelimit(g_strdup(name), "_", '-');

    return !g_str_equal(first, name) && virtcpu_cpu_object_find(&dump->object, first) != NULL;
}

static gboolean
is_scalar(const VirtCpuJson *value)
{
    VirtCpuJsonKind kind = virtcpu_json_kind(value);

    return kind == VIRTCPU_JSON_BOOL || kind == VIRTCPU_JSON_INT || kind == VIRTCPU_JSON_DOUBLE ||
           kind == VIRTCPU_JSON_STRING;
}

static gboolean
is_pinned(const VirtCpuDump *dump, const VirtCpuCpuProperty *property)
{
    return property->writable && is_scalar(property->value) &&
           !g_strv_contains(place_properties, property->name) &&
           !is_second_spelling(dump, property->name) && may_be_set(dump, property->name) &&
           is_given(property->name, property->value);
}

/* The turn in which a property is set: s390x has groups, which turn off members that are on. */
static int
turn_of(const VirtCpuCpuProperty *property)
{
    if (virtcpu_json_kind(property->value) != VIRTCPU_JSON_BOOL) {
        return 0;
    }
    return virtcpu_json_is_true(property->value) ? 2 : 1;
}

/* The properties that a command line can set and a dump pins, in the order in which they must be
 * set: values, then what is off, then what is on. Of two spellings of one property one; nothing
 * about the vCPU's place in the machine (of VirtCpuCpuProperty; transfer container). */
static GPtrArray *
list_pinned(const VirtCpuDump *dump)
{
    GPtrArray *pinned = g_ptr_array_new();

    for (int turn = 0; turn <= 2; turn++) {
        for (guint i = 0; i < dump->object.properties->len; i++) {
            VirtCpuCpuProperty *property = g_ptr_array_index(dump->object.properties, i);

            if (turn_of(property) == turn && is_pinned(dump, property)) {
                g_ptr_array_add(pinned, property);
            }
        }
    }
    return pinned;
}

/* @text with commas doubled (transfer full). */
static char *
double_commas(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);

    return g_strjoinv(",,", parts);
}

void
virtcpu_dump_to_line(const VirtCpuDump *dump, VirtCpuCpuLine *line)
{
    g_autoptr(GPtrArray) pinned = list_pinned(dump);
    g_autoptr(GString) cpu = g_string_new(dump->base);
    g_autoptr(GStrvBuilder) globals = g_strv_builder_new();

    for (guint i = 0; i < pinned->len; i++) {
        const VirtCpuCpuProperty *property = g_ptr_array_index(pinned, i);
        g_autofree char *value = virtcpu_json_to_option(property->value);
        g_autofree char *escaped = double_commas(value);
        g_autofree char *global = g_strdup_printf("driver=%s,property=%s,value=%s", dump->base_type,
                                                  property->name, escaped);

        if (strchr(value, ',') == NULL) {
            g_string_append_printf(cpu, ",%s=%s", property->name, value);
        } else {
            g_strv_builder_add(globals, global);
        }
    }
    line->cpu = g_string_free(g_steal_pointer(&cpu), FALSE);
    line->globals = g_strv_builder_end(globals);
}

char *
virtcpu_dump_to_config(const VirtCpuDump *dump, GError **error)
{
    g_autoptr(GPtrArray) pinned = list_pinned(dump);
    g_autoptr(GString) out = g_string_new(NULL);

    g_string_append_printf(out, "# -cpu %s: %s, machine type %s, %s\n", dump->base, dump->cpu,
                           dump->machine, virtcpu_virt_type_to_string(dump->virt_type));
    for (guint i = 0; i < pinned->len; i++) {
        const VirtCpuCpuProperty *property = g_ptr_array_index(pinned, i);
        g_autofree char *value = virtcpu_json_to_option(property->value);

        if (strpbrk(value, "\"\n") != NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("a file for -readconfig cannot hold property '%s': %s"),
                              property->name, value);
            return NULL;
        }
        g_string_append_printf(out,
                               "\n[global]\n  driver = \"%s\"\n  property = \"%s\"\n"
                               "  value = \"%s\"\n",
                               dump->base_type, property->name, value);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

VirtCpuJson *
virtcpu_dump_to_json(const VirtCpuDump *dump, GError **error)
{
    g_autofree char *config = virtcpu_dump_to_config(dump, error);
    g_auto(VirtCpuCpuLine) line = { 0 };
    VirtCpuJson *out;
    VirtCpuJson *list;
    VirtCpuJson *writable;
    VirtCpuJson *fixed;

    if (config == NULL) {
        return NULL;
    }
    out = virtcpu_json_new_object();
    virtcpu_json_set_string(out, "qemu", dump->binary);
    virtcpu_json_set_string(out, "machine", dump->machine);
    virtcpu_json_set_string(out, "virt-type", virtcpu_virt_type_to_string(dump->virt_type));
    virtcpu_json_set_string(out, "arch", virtcpu_arch_to_string(dump->arch));
    virtcpu_json_set_string(out, "cpu", dump->cpu);
    virtcpu_json_set_string(out, "type", dump->object.type);
    virtcpu_json_set_string(out, "base", dump->base);
    list = virtcpu_json_set(out, "options", virtcpu_json_new_array());
    virtcpu_dump_to_line(dump, &line);
    virtcpu_json_append(list, virtcpu_json_new_string("-cpu"));
    virtcpu_json_append(list, virtcpu_json_new_string(line.cpu));
    for (char **global = line.globals; *global != NULL; global++) {
        virtcpu_json_append(list, virtcpu_json_new_string("-global"));
        virtcpu_json_append(list, virtcpu_json_new_string(*global));
    }
    virtcpu_json_set_string(out, "readconfig", config);
    writable = virtcpu_json_set(out, "properties", virtcpu_json_new_object());
    fixed = virtcpu_json_set(out, "read-only", virtcpu_json_new_object());
    for (guint i = 0; i < dump->object.properties->len; i++) {
        const VirtCpuCpuProperty *property = g_ptr_array_index(dump->object.properties, i);

        if (property->value != NULL) {
            virtcpu_json_set(property->writable ? writable : fixed, property->name,
                             virtcpu_json_copy(property->value));
        }
    }
    return out;
}
