/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is looked up in a QEMU's capabilities: machines, the model each takes by itself, properties.
 */
#include "conf/error.h"
#include "drivers/qemu/caps.h"

#include <string.h>

#define MACHINES                                                                                   \
    "{\"name\": \"none\", \"cpu-max\": 1},"                                                        \
    "{\"name\": \"board\", \"cpu-max\": 2, \"default-cpu-type\": \"sa1110-arm-cpu\"},"             \
    "{\"name\": \"bare\", \"cpu-max\": 2},"                                                        \
    "{\"name\": \"virt-7.2\", \"alias\": \"virt\", \"cpu-max\": 512,"                              \
    " \"default-cpu-type\": \"cortex-a15-arm-cpu\"}"

/* What an ARM QEMU says with @machines, and @more members of the document. */
static VirtCpuJson *
make_json(const char *machines, const char *more)
{
    g_autofree char *text = g_strdup_printf(
        "{\"binary\": \"/usr/bin/qemu-system-aarch64\", \"virt-type\": \"qemu\","
        " \"target\": {\"arch\": \"aarch64\"},"
        " \"version\": {\"qemu\": {\"major\": 7, \"minor\": 2, \"micro\": 0}, \"package\": \"\"},"
        " \"machines\": [%s] %s}",
        machines, more);
    g_autoptr(GError) error = NULL;
    VirtCpuJson *json = virtcpu_json_parse(text, -1, &error);

    g_assert_no_error(error);
    return json;
}

/* Its capabilities. */
static VirtCpuQemuCaps *
make_caps(const char *machines, const char *more)
{
    g_autoptr(VirtCpuJson) json = make_json(machines, more);
    g_autoptr(GError) error = NULL;
    VirtCpuQemuCaps *caps;

    caps = virtcpu_qemu_caps_from_json(json, &error);
    g_assert_no_error(error);
    return caps;
}

static void
check_default_model(const VirtCpuQemuCaps *caps, const char *machine, const char *expected)
{
    g_autofree char *model =
        virtcpu_qemu_caps_default_model(caps, virtcpu_qemu_caps_machine(caps, machine));

    g_assert_cmpstr(model, ==, expected);
}

/* -sandbox, from the answer about it, from that about all options, and as the cache keeps it */
static void
test_sandbox(void)
{
    g_autoptr(VirtCpuQemuCaps) without =
        make_caps(MACHINES, ", \"sandbox\": [{\"option\": \"drive\", \"parameters\": []}]");
    g_autoptr(VirtCpuQemuCaps) silent = make_caps(MACHINES, "");
    g_autoptr(VirtCpuQemuCaps) caps =
        make_caps(MACHINES, ", \"sandbox\": [{\"option\": \"drive\", \"parameters\": []},"
                            " {\"option\": \"sandbox\", \"parameters\": []}]");
    g_autoptr(VirtCpuJson) json = virtcpu_qemu_caps_to_json(caps);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuCaps) again = virtcpu_qemu_caps_from_json(json, &error);

    g_assert_no_error(error);
    g_assert_false(without->has_sandbox);
    g_assert_false(silent->has_sandbox);
    g_assert_true(caps->has_sandbox);
    g_assert_true(again->has_sandbox);
}

/* as QEMU 9.1 for s390x says it, and as the cache keeps it */
static void
test_deprecated(void)
{
    g_autoptr(VirtCpuQemuCaps) silent = make_caps(MACHINES, "");
    g_autoptr(VirtCpuQemuCaps) caps =
        make_caps(MACHINES, ", \"max-model\": {\"deprecated-props\": [\"te\", \"cte\"],"
                            " \"model\": {\"name\": \"max\", \"props\": {\"te\": true}}}");
    g_autoptr(VirtCpuJson) json = virtcpu_qemu_caps_to_json(caps);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuCaps) again = virtcpu_qemu_caps_from_json(json, &error);

    g_assert_no_error(error);
    g_assert_null(silent->deprecated_properties);
    g_assert_cmpuint(g_strv_length(again->deprecated_properties), ==, 2);
    g_assert_cmpstr(again->deprecated_properties[1], ==, "cte");
    g_assert_null(again->accelerators);
}

static void
test_default_model(void)
{
    static const char models[] =
        ", \"models\": [{\"name\": \"other\", \"typename\": \"other-arm-cpu\"},"
        "{\"name\": \"a15\", \"typename\": \"cortex-a15-arm-cpu\"},"
        "{\"name\": \"a15-r0\", \"typename\": \"cortex-a15-arm-cpu\"}]";
    g_autoptr(VirtCpuQemuCaps) caps = make_caps(MACHINES, models);
    g_autoptr(VirtCpuQemuCaps) silent = make_caps(MACHINES, "");

    check_default_model(caps, "virt", "a15");
    check_default_model(caps, "board", "sa1110");
    check_default_model(caps, "bare", NULL);
    check_default_model(caps, "absent", NULL);
    check_default_model(silent, "virt", "cortex-a15");
}

static void
test_default_machine(void)
{
    static const char with_default[] =
        MACHINES ", {\"name\": \"last\", \"cpu-max\": 1, \"is-default\": true}";
    g_autoptr(VirtCpuQemuCaps) none = make_caps(MACHINES, "");
    g_autoptr(VirtCpuQemuCaps) some = make_caps(with_default, "");
    g_autoptr(VirtCpuQemuCaps) no_virt = make_caps("{\"name\": \"board\", \"cpu-max\": 2}", "");

    g_assert_cmpstr(virtcpu_qemu_caps_machine(none, NULL)->name, ==, "virt-7.2");
    g_assert_cmpstr(virtcpu_qemu_caps_machine(some, NULL)->name, ==, "last");
    g_assert_null(virtcpu_qemu_caps_machine(no_virt, NULL));
}

static void
test_property(void)
{
    g_autoptr(VirtCpuQemuCaps) caps =
        make_caps(MACHINES, ", \"properties\": [\"sve\", {\"name\": \"pmu\"}]");
    g_autoptr(VirtCpuQemuCaps) unknown = make_caps(MACHINES, "");

    g_assert_true(virtcpu_qemu_caps_has_property(caps, "sve"));
    g_assert_true(virtcpu_qemu_caps_has_property(caps, "pmu"));
    g_assert_false(virtcpu_qemu_caps_has_property(caps, "migratable"));
    g_assert_false(virtcpu_qemu_caps_has_property(unknown, "sve"));
}

/* an expansion that is no model is told of, not left out */
static void
test_no_expansion(void)
{
    static const char *const answers[] = {
        "[]",
        "{}",
        "\"max\"",
        "null",
        "{\"model\": 7}",
        "{\"model\": {}}",
        "{\"model\": {\"name\": 7}}",
        "{\"model\": {\"name\": \"max\", \"props\": []}}",
    };
    static const char *const members[] = { "max-model", "max-model-nonmigratable" };

    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
        for (gsize j = 0; j < G_N_ELEMENTS(members); j++) {
            g_autofree char *more = g_strdup_printf(", \"%s\": %s", members[j], answers[i]);
            g_autofree char *named = g_strdup_printf("'%s'", members[j]);
            g_autoptr(VirtCpuJson) json = make_json(MACHINES, more);
            g_autoptr(GError) error = NULL;

            g_assert_null(virtcpu_qemu_caps_from_json(json, &error));
            g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
            g_assert_nonnull(strstr(error->message, named));
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/caps/no-expansion", test_no_expansion);
    g_test_add_func("/caps/default-machine", test_default_machine);
    g_test_add_func("/caps/sandbox", test_sandbox);
    g_test_add_func("/caps/deprecated", test_deprecated);
    g_test_add_func("/caps/default-model", test_default_model);
    g_test_add_func("/caps/property", test_property);
    return g_test_run();
}
