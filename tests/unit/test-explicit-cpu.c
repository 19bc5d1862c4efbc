/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The explicit form: from properties, as QEMU tells them, to the line; and what a recorded QEMU's
 * models become. */
#include "conf/error.h"
#include "drivers/qemu/caps-priv.h"
#include "drivers/qemu/explicit-ask.h"

#include <string.h>

static void
add_model(VirtCpuQemuCaps *caps, const char *name, const char *canonical)
{
    VirtCpuHvModel *model = g_new0(VirtCpuHvModel, 1);

    model->name = g_strdup(name);
    model->type = g_strconcat(name, "-x86_64-cpu", NULL);
    model->canonical = g_strdup(canonical);
    g_ptr_array_add(caps->models, model);
}

/* A QEMU with @bare (comma separated) beside its models. */
static VirtCpuQemuCaps *
make_caps(const char *bare)
{
    VirtCpuQemuCaps *caps = virtcpu_qemu_caps_new();
    g_auto(GStrv) names = g_strsplit(bare, ",", -1);

    caps->binary = g_strdup("/qemu");
    caps->arch = VIRTCPU_ARCH_X86_64;
    caps->models = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_hv_model_free);
    caps->commands = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_add(caps->commands, g_strdup("query-cpu-model-expansion"));
    for (char **name = names; *name != NULL; name++) {
        if (**name != '\0') {
            add_model(caps, *name, NULL);
        }
    }
    add_model(caps, "EPYC-v10", NULL);
    add_model(caps, "EPYC-v2", NULL);
    add_model(caps, "EPYC-v1", NULL);
    add_model(caps, "EPYC", "EPYC-v10");
    add_model(caps, "EPYC-IBPB", "EPYC-v2");
    add_model(caps, "EPYC-Rome-v1", NULL);
    return caps;
}

static VirtCpuJson *
parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    VirtCpuJson *json = text != NULL ? virtcpu_json_parse(text, -1, &error) : NULL;

    g_assert_no_error(error);
    return json;
}

static const struct {
    const char *label;
    const char *bare_models;
    const char *props, *bare, *named; /* the latter may be NULL */
    gboolean realised;
    const char *cpu;     /* NULL: refused */
    const char *globals; /* joined by newlines; of a refusal what it names */
} rows[] = {
    { "nothing differs", "base", "{\"sse\":false,\"vendor\":\"\"}",
      "{\"sse\":false,\"vendor\":\"\"}", NULL, FALSE, "base", "" },
    { "custom is preferred", "base,custom", "{\"sse\":true}", "{\"sse\":false}", NULL, FALSE,
      "custom,sse=on", "" },
    { "groups in order", "base",
      "{\"x-migrate-smi-count\":false,\"phys-bits\":40,\"l3-cache\":false,\"kvmclock\":true,"
      "\"hv-spinlocks\":8191,\"vme\":true,\"aes\":true,\"stepping\":3,\"family\":6,"
      "\"vendor\":\"GenuineIntel\"}",
      "{\"x-migrate-smi-count\":true,\"phys-bits\":0,\"l3-cache\":true,\"kvmclock\":false,"
      "\"hv-spinlocks\":4294967295,\"vme\":false,\"aes\":false,\"stepping\":0,\"family\":0,"
      "\"vendor\":\"\"}",
      NULL, FALSE,
      "base,vendor=GenuineIntel,family=6,stepping=3,aes=on,vme=on,hv-spinlocks=8191,kvmclock=on,"
      "l3-cache=off,phys-bits=40,x-migrate-smi-count=off",
      "" },
    { "one spelling of each", "base",
      "{\"sse4.1\":true,\"sse4-1\":true,\"sse4_1\":true,\"nx\":true,\"xd\":true,\"lbr_fmt\":1,"
      "\"lbr-fmt\":1,\"kvm_asyncpf\":true,\"kvm-asyncpf\":true}",
      "{\"sse4.1\":false,\"sse4-1\":false,\"sse4_1\":false,\"nx\":false,\"xd\":false,"
      "\"lbr_fmt\":0,\"lbr-fmt\":0,\"kvm_asyncpf\":false,\"kvm-asyncpf\":false}",
      NULL, FALSE, "base,lbr-fmt=1,nx=on,sse4.1=on,kvm-asyncpf=on", "" },
    { "derived level", "base",
      "{\"level\":13,\"min-level\":13,\"xlevel\":5,\"min-xlevel\":9,\"min-xlevel2\":0}",
      "{\"level\":0,\"min-level\":0,\"xlevel\":0,\"min-xlevel\":0,\"min-xlevel2\":0}", NULL, FALSE,
      "base,min-level=13,xlevel=5,min-xlevel=9", "" },
    { "realised level", "base", "{\"level\":13,\"min-level\":13}", "{\"level\":0,\"min-level\":0}",
      NULL, TRUE, "base,level=13,min-level=13", "" },
    { "comma", "base", "{\"model-id\":\"Haswell, no TSX\",\"hv-vendor-id\":\",\"}",
      "{\"model-id\":\"\",\"hv-vendor-id\":\"\"}", NULL, FALSE, "base",
      "base-x86_64-cpu.model-id=Haswell, no TSX\nbase-x86_64-cpu.hv-vendor-id=," },
    { "placed by the machine", "base",
      "{\"apic-id\":0,\"socket-id\":0,\"check\":false,\"memory\":\"/m\",\"realized\":true}",
      "{\"apic-id\":1,\"socket-id\":-1,\"check\":true,\"memory\":\"/n\",\"realized\":false}", NULL,
      FALSE, "base", "" },
    { "own caches stay with the model", "base",
      "{\"legacy-cache\":false,\"sse\":true,\"npt\":false,\"model-id\":\"a,b\"}",
      "{\"legacy-cache\":true,\"sse\":false,\"npt\":false,\"model-id\":\"\"}",
      "{\"legacy-cache\":false,\"sse\":true,\"npt\":true,\"model-id\":\"a,b\"}", FALSE,
      "EPYC-v1,npt=off,sse=on,legacy-cache=off", "EPYC-v1-x86_64-cpu.model-id=a,b" },
    { "no bare model", "", "{\"sse\":true,\"vme\":false,\"vendor\":\"A\"}", NULL, NULL, FALSE,
      "EPYC-v1,vendor=A,sse=on,vme=off", "" },
    { "off and unknown", "base", "{\"new\":false,\"hv-new\":\"off\",\"n\":0,\"sse\":true}",
      "{\"sse\":false}", NULL, FALSE, "base,sse=on", "" },
    { "on and unknown", "base", "{\"sse\":true,\"new\":true}", "{\"sse\":false}", NULL, FALSE, NULL,
      "'new'" },
};

static void
test_write(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(VirtCpuQemuCaps) caps = make_caps(rows[i].bare_models);
        g_autoptr(VirtCpuJson) props = parse(rows[i].props);
        g_autoptr(VirtCpuJson) bare = parse(rows[i].bare);
        g_autoptr(VirtCpuJson) named = parse(rows[i].named);
        g_autoptr(GError) error = NULL;
        g_auto(VirtCpuCpuLine) line = { 0 };
        const VirtCpuExplicitInput input = {
            caps, "EPYC-v1", props, bare, named, rows[i].realised
        };
        gboolean good = virtcpu_explicit_write(&input, &line, &error);

        g_test_message("%s", rows[i].label);
        g_assert_cmpstr(line.cpu, ==, rows[i].cpu);
        if (good) {
            g_autofree char *globals = g_strjoinv("\n", line.globals);

            g_assert_cmpstr(globals, ==, rows[i].globals);
        } else {
            g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_CONFIG_UNSUPPORTED);
            g_assert_nonnull(strstr(error->message, rows[i].globals));
        }
    }
}

/* ---- versions ---- */

/* EPYC is version 2 but for npt where @user_data says so. */
static VirtCpuJson *
tell(guint index, const char *model, gpointer user_data, GError **error)
{
    const char *differs = user_data;
    VirtCpuJson *props = virtcpu_json_new_object();

    virtcpu_json_set_string(
        props, "model-id",
        g_str_equal(model, "EPYC") || g_str_equal(model, "EPYC-IBPB") ? "EPYC-v2" : model);
    virtcpu_json_set_bool(props, "npt", differs == NULL || !g_str_equal(model, differs));
    return props;
}

static const struct {
    const char *model, *differs, *version;
} version_rows[] = {
    { "EPYC", NULL, "EPYC-v2" },      /* the one with its content */
    { "EPYC", "EPYC", "EPYC-v1" },    /* none has: the lowest, by number */
    { "EPYC-IBPB", NULL, "EPYC-v2" }, /* another name of a version */
    { "EPYC-v10", NULL, "EPYC-v10" }, /* a version is itself */
    { "EPYC-Rome-v1", NULL, "EPYC-Rome-v1" },
};

static void
test_versions(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(version_rows); i++) {
        g_autoptr(VirtCpuQemuCaps) caps = make_caps("base");
        g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_new();
        g_autoptr(VirtCpuDef) cpu = virtcpu_def_new(VIRTCPU_DEF_GUEST);
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpuExplicitContent) content = NULL;
        g_autofree char *differs = g_strdup(version_rows[i].differs);
        const VirtCpuArgsInput input = { .def = def, .caps = caps, .cpu = cpu };

        def->arch = VIRTCPU_ARCH_X86_64;
        cpu->model = g_strdup(version_rows[i].model);
        g_assert_true(virtcpu_explicit_applies(&input));
        content = virtcpu_explicit_content_new(&input, tell, differs, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(content->version, ==, version_rows[i].version);
    }
}

/* Where the explicit form is none: what has no model, and what has no feature data. */
static void
test_applies(void)
{
    g_autoptr(VirtCpuQemuCaps) caps = make_caps("base");
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_new();
    g_autoptr(VirtCpuDef) cpu = virtcpu_def_new(VIRTCPU_DEF_GUEST);
    VirtCpuArgsInput input = { .def = def, .caps = caps };

    def->arch = VIRTCPU_ARCH_X86_64;
    g_assert_false(virtcpu_explicit_applies(&input));
    input.cpu = cpu;
    g_assert_false(virtcpu_explicit_applies(&input));
    cpu->model = g_strdup("EPYC");
    g_assert_true(virtcpu_explicit_applies(&input));
    cpu->mode = VIRTCPU_MODE_HOST_PASSTHROUGH;
    g_assert_false(virtcpu_explicit_applies(&input));
    cpu->mode = VIRTCPU_MODE_CUSTOM;
    def->arch = VIRTCPU_ARCH_AARCH64;
    g_assert_false(virtcpu_explicit_applies(&input));
    def->arch = VIRTCPU_ARCH_X86_64;
    g_hash_table_remove_all(caps->commands);
    g_assert_false(virtcpu_explicit_applies(&input));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/explicit-cpu/write", test_write);
    g_test_add_func("/explicit-cpu/versions", test_versions);
    g_test_add_func("/explicit-cpu/applies", test_applies);
    return g_test_run();
}
