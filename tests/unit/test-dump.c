/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Forms of a dump, and what counts as a difference between a CPU and the one made of its dump. */
#include "conf/error.h"
#include "drivers/qemu/dump-proof.h"

#include <string.h>

#define WORDS(xcr0)                                                                                \
    "[{\"cpuid-register\":\"EAX\",\"cpuid-input-ecx\":0,\"cpuid-input-eax\":13,\"features\":" xcr0 \
    "},{\"cpuid-register\":\"ECX\",\"cpuid-input-eax\":1,\"features\":512}]"

/* Add property @name with the value that is @json; writable unless it is NULL. */
static void
add(VirtCpuCpuObject *object, const char *name, const char *json, gboolean writable)
{
    g_autoptr(GError) error = NULL;
    VirtCpuJson *value = json != NULL ? virtcpu_json_parse(json, -1, &error) : NULL;

    g_assert_no_error(error);
    virtcpu_cpu_object_add(object, name, value, writable);
}

/* A small CPU with one property of each kind. */
static void
make_dump(VirtCpuDump *dump)
{
    VirtCpuCpuObject *object = &dump->object;

    *dump = (VirtCpuDump){
        .binary = g_strdup("/usr/bin/qemu-system-x86_64"),
        .machine = g_strdup("pc-q35-7.2"),
        .arch = VIRTCPU_ARCH_X86_64,
        .cpu = g_strdup("Westmere"),
        .base = g_strdup("base"),
        .base_type = g_strdup("base-x86_64-cpu"),
    };
    object->type = g_strdup("Westmere-x86_64-cpu");
    add(object, "type", "\"Westmere-x86_64-cpu\"", FALSE);
    add(object, "sse4.1", "true", TRUE);
    add(object, "sse4-1", "true", TRUE);
    add(object, "sse4_1", "true", TRUE);
    add(object, "vme", "false", TRUE);
    add(object, "xsave", "true", TRUE);
    add(object, "avx512f", "false", TRUE);
    add(object, "pku", "true", TRUE);
    add(object, "lm", "true", TRUE);
    add(object, "arch-capabilities", "false", TRUE);
    add(object, "mds-no", "true", TRUE);
    add(object, "phys-bits", "40", TRUE);
    add(object, "tsc-frequency", "2300000000", TRUE);
    add(object, "level", "18446744073709551615", TRUE);
    add(object, "lbr-fmt", "18446744073709551552", TRUE);
    add(object, "apic-id", "0", TRUE);
    add(object, "priv_spec", "\"\"", TRUE);
    add(object, "model-id", "\"A, B\"", TRUE);
    add(object, "unavailable-features", "[]", FALSE);
    add(object, "feature-words", WORDS("7"), FALSE);
    add(object, "crash-information", NULL, FALSE);
}

/* @text is the value of -cpu of @dump. */
static void
assert_line(const VirtCpuDump *dump, const char *text)
{
    g_auto(VirtCpuCpuLine) line = { 0 };

    virtcpu_dump_to_line(dump, &line);
    g_assert_cmpstr(line.cpu, ==, text);
}

/* Values come first, then what is off, then what is on; a comma goes through -global. */
static void
test_options(void)
{
    g_auto(VirtCpuDump) dump = { 0 };
    g_auto(VirtCpuCpuLine) line = { 0 };

    make_dump(&dump);
    assert_line(&dump, "base,level=18446744073709551615,phys-bits=40,arch-capabilities=off,"
                       "avx512f=off,vme=off,lm=on,mds-no=on,pku=on,sse4-1=on,sse4.1=on,xsave=on");
    virtcpu_dump_to_line(&dump, &line);
    g_assert_cmpuint(g_strv_length(line.globals), ==, 1);
    g_assert_cmpstr(line.globals[0], ==, "driver=base-x86_64-cpu,property=model-id,value=A,, B");
}

/* What was asked for is no measurement; a CPU without long mode has no phys-bits to set. */
static void
test_conditions(void)
{
    g_auto(VirtCpuDump) dump = { 0 };
    g_auto(VirtCpuDump) small = { 0 };
    g_auto(VirtCpuCpuLine) line = { 0 };

    make_dump(&dump);
    dump.asked = g_strsplit("-cpu Westmere,tsc-frequency=2300000000", " ", -1);
    virtcpu_dump_to_line(&dump, &line);
    g_assert_nonnull(strstr(line.cpu, ",tsc-frequency=2300000000,"));
    small.base = g_strdup("base");
    add(&small.object, "phys-bits", "36", TRUE);
    add(&small.object, "lm", "false", TRUE);
    assert_line(&small, "base,lm=off");
}

static void
test_config(void)
{
    g_auto(VirtCpuDump) dump = { 0 };
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    make_dump(&dump);
    text = virtcpu_dump_to_config(&dump, &error);
    g_assert_no_error(error);
    g_assert_true(g_str_has_prefix(text, "# -cpu base: Westmere, machine type pc-q35-7.2, "));
    g_assert_nonnull(strstr(text, "[global]\n  driver = \"base-x86_64-cpu\"\n"
                                  "  property = \"model-id\"\n  value = \"A, B\"\n"));
    add(&dump.object, "hv-vendor-id", "\"a\\\"b\"", TRUE);
    g_assert_null(virtcpu_dump_to_config(&dump, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_CONFIG_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "hv-vendor-id"));
}

static void
test_json(void)
{
    g_auto(VirtCpuDump) dump = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) json = NULL;

    make_dump(&dump);
    json = virtcpu_dump_to_json(&dump, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(virtcpu_json_get_string(json, "base"), ==, "base");
    g_assert_cmpuint(virtcpu_json_size(virtcpu_json_get(json, "properties")), ==, 17);
    g_assert_cmpuint(virtcpu_json_size(virtcpu_json_get(json, "read-only")), ==, 3);
    g_assert_cmpuint(virtcpu_json_size(virtcpu_json_get(json, "options")), ==, 4);
}

/* Change @name of the second of two equal CPUs to @json; returns the differences. */
static GPtrArray *
change(const char *name, const char *json)
{
    g_auto(VirtCpuDump) dump = { 0 };
    g_auto(VirtCpuDump) again = { 0 };
    GPtrArray *differences = virtcpu_dump_differences_new();
    g_autoptr(GError) error = NULL;

    make_dump(&dump);
    make_dump(&again);
    for (guint i = 0; i < again.object.properties->len; i++) {
        VirtCpuCpuProperty *property = g_ptr_array_index(again.object.properties, i);

        if (g_str_equal(property->name, name)) {
            virtcpu_json_free(property->value);
            property->value = json != NULL ? virtcpu_json_parse(json, -1, &error) : NULL;
        }
    }
    g_assert_no_error(error);
    g_assert_cmpuint(virtcpu_dump_compare(&dump, &again.object, "-cpu", differences), ==, 21);
    return differences;
}

typedef struct {
    const char *label;
    const char *name, *json; /* what is changed */
    gboolean differs, explained;
} Change;

static const Change changes[] = {
    { "none", "none", "1", FALSE, FALSE },
    { "feature", "vme", "true", TRUE, FALSE },
    { "value", "phys-bits", "41", TRUE, FALSE },
    { "last", "xsave", "false", TRUE, FALSE },
    { "gone", "level", NULL, TRUE, FALSE },
    { "type", "type", "\"base-x86_64-cpu\"", TRUE, TRUE },
    { "filtered", "unavailable-features", "[\"rdrand\"]", TRUE, TRUE },
    { "part of what was filtered", "feature-words", WORDS("231"), TRUE, TRUE },
    { "part of what is there", "feature-words", WORDS("519"), TRUE, FALSE },
    { "part nobody knows", "feature-words", WORDS("1073741831"), TRUE, FALSE },
    { "in an MSR that is not there", "mds-no", "false", TRUE, TRUE },
    { "another word", "feature-words", "[]", TRUE, FALSE },
};

static void
test_change(gconstpointer data)
{
    const Change *row = data;
    g_autoptr(GPtrArray) differences = change(row->name, row->json);
    const VirtCpuDumpDifference *difference;

    g_assert_cmpuint(differences->len, ==, row->differs ? 1 : 0);
    if (row->differs) {
        difference = g_ptr_array_index(differences, 0);
        g_assert_cmpstr(difference->what, ==, row->name);
        g_assert_true((difference->why != NULL) == row->explained);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dump/options", test_options);
    g_test_add_func("/dump/conditions", test_conditions);
    g_test_add_func("/dump/config", test_config);
    g_test_add_func("/dump/json", test_json);
    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autofree char *name = g_strdup_printf("/dump/change/%s", changes[i].label);

        g_test_add_data_func(name, &changes[i], test_change);
    }
    return g_test_run();
}
