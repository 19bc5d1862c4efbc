/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recorded QMP conversations of QEMUs of every architecture: the machines and models read from them
 * are those the peer reads, the <cpu> of domain capabilities is the peer's byte for byte. */
#include "conf/xml.h"
#include "drivers/qemu/domaincaps.h"
#include "drivers/qemu/replies.h"
#include "tests/peer/peer.h"

#include <string.h>

/* A recording and the peer's <domainCapabilities> for it. */
typedef struct {
    const char *recording, *document;
    VirtCpuVirtType virt_type;
    const char *host; /* model of the host, where that is host-model */
} Row;

static const Row rows[] = {
    { "caps_6.2.0_x86_64", "qemu_6.2.0.x86_64", VIRTCPU_VIRT_KVM },
    { "caps_6.2.0_x86_64", "qemu_6.2.0-q35.x86_64", VIRTCPU_VIRT_KVM },
    { "caps_6.2.0_x86_64", "qemu_6.2.0-tcg.x86_64", VIRTCPU_VIRT_QEMU },
    { "caps_7.2.0_x86_64", "qemu_7.2.0.x86_64", VIRTCPU_VIRT_KVM },
    { "caps_7.2.0_x86_64", "qemu_7.2.0-q35.x86_64", VIRTCPU_VIRT_KVM },
    { "caps_7.2.0_x86_64", "qemu_7.2.0-tcg.x86_64", VIRTCPU_VIRT_QEMU },
    { "caps_8.2.0_x86_64", "qemu_8.2.0.x86_64", VIRTCPU_VIRT_KVM },
    { "caps_8.2.0_x86_64", "qemu_8.2.0-q35.x86_64", VIRTCPU_VIRT_KVM },
    { "caps_8.2.0_x86_64", "qemu_8.2.0-tcg.x86_64", VIRTCPU_VIRT_QEMU },
    { "caps_9.1.0_x86_64", "qemu_9.1.0.x86_64", VIRTCPU_VIRT_KVM },
    { "caps_9.1.0_x86_64", "qemu_9.1.0-q35.x86_64", VIRTCPU_VIRT_KVM },
    { "caps_9.1.0_x86_64", "qemu_9.1.0-tcg.x86_64", VIRTCPU_VIRT_QEMU },
    { "caps_7.0.0_ppc64", "qemu_6.2.0.ppc64", VIRTCPU_VIRT_KVM, .host = "POWER8" },
    { "caps_8.2.0_aarch64", "qemu_8.2.0.aarch64", VIRTCPU_VIRT_KVM },
    { "caps_8.2.0_aarch64", "qemu_8.2.0-virt.aarch64", VIRTCPU_VIRT_KVM },
    { "caps_8.2.0_loongarch64", "qemu_8.2.0-virt.loongarch64", VIRTCPU_VIRT_KVM },
    { "caps_8.2.0_loongarch64", "qemu_8.2.0-tcg-virt.loongarch64", VIRTCPU_VIRT_QEMU },
    { "caps_9.1.0_riscv64", "qemu_9.1.0-tcg-virt.riscv64", VIRTCPU_VIRT_QEMU },
    { "caps_8.2.0_s390x", "qemu_8.2.0.s390x", VIRTCPU_VIRT_KVM },
    { "caps_9.1.0_s390x", "qemu_9.1.0.s390x", VIRTCPU_VIRT_KVM },
};

/* Documents that no recording leads to. */
static const struct {
    const char *document;
    const char *reason;
} impossible[] = {
    { "qemu_7.2.0-hvf.x86_64+hvf", "no recording; virtcpu runs no guests under HVF" },
    { "qemu_7.2.0-tcg.x86_64+hvf", "no recording" },
    { "qemu_7.2.0.ppc", "no recording" },
    { "qemu_8.2.0.armv7l", "no recording" },
    { "qemu_9.1.0-virt.riscv64", "KVM guests of a QEMU recorded without KVM, which are refused" },
};

/* Recordings, and the accelerators they are of. */
static const struct {
    const char *recording;
    gboolean has_kvm;
} recordings[] = {
    { "caps_6.2.0_x86_64", TRUE },      { "caps_7.0.0_ppc64", TRUE },
    { "caps_7.2.0_x86_64", TRUE },      { "caps_8.2.0_aarch64", TRUE },
    { "caps_8.2.0_loongarch64", TRUE }, { "caps_8.2.0_s390x", TRUE },
    { "caps_8.2.0_x86_64", TRUE },      { "caps_9.1.0_riscv64", FALSE },
    { "caps_9.1.0_s390x", TRUE },       { "caps_9.1.0_x86_64", TRUE },
};

/* The text of a peer's file (transfer full); NULL, the test skipped, when it is not there. */
static char *
read_file(const char *folder, const char *name, const char *suffix)
{
    g_autofree char *file = g_strconcat(folder, "/", name, suffix, NULL);
    char *text = peer_read(file);

    if (text == NULL) {
        g_test_skip("the peers' recordings are not here");
    }
    return text;
}

/* ---- domain capabilities ---- */

/* The <cpu> of @xml line by line, without <maxphysaddr>, which comes from the host, not from QEMU.
 */
static char *
cut_cpu(const char *xml)
{
    g_autoptr(GString) cpu = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(xml, "\n", -1);
    gboolean inside = FALSE;

    for (gsize i = 0; lines[i] != NULL; i++) {
        inside = inside || g_str_equal(lines[i], "  <cpu>");
        if (inside && strstr(lines[i], "<maxphysaddr") == NULL) {
            g_string_append_printf(cpu, "%s\n", lines[i]);
        }
        inside = inside && !g_str_equal(lines[i], "  </cpu>");
    }
    return g_strdup(cpu->str);
}

/* Tell @caps that the host is a @model. */
static void
adopt_host(VirtCpuQemuCaps *caps, const char *model)
{
    g_autoptr(VirtCpuDef) host = virtcpu_def_new(VIRTCPU_DEF_HOST);

    host->arch = caps->arch;
    host->model = g_strdup(model);
    virtcpu_qemu_caps_adopt_host(caps, host);
}

static void
test_document(gconstpointer data)
{
    const Row *row = data;
    g_autofree char *replies = read_file("qmp-replies", row->recording, ".replies");
    g_autofree char *document = read_file("domaincaps", row->document, ".xml");
    g_autoptr(GString) xml = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    g_autofree char *expected = NULL;

    if (replies == NULL || document == NULL) {
        return;
    }
    caps = virtcpu_qemu_replies_read(replies, "/usr/bin/qemu", row->virt_type, &error);
    g_assert_no_error(error);
    if (row->host != NULL) {
        adopt_host(caps, row->host);
    }
    virtcpu_domaincaps_write_cpu(xml, caps);
    expected = cut_cpu(document);
    g_assert_cmpstr(xml->str, ==, expected);
}

/* Features a QEMU calls deprecated, and what host-model is without them. */
static void
test_deprecated(void)
{
    static const char *const names[] = { "bpb", "te", "cte", "csske", NULL };
    g_autofree char *replies = read_file("qmp-replies", "caps_9.1.0_s390x", ".replies");
    g_autofree char *older = read_file("qmp-replies", "caps_8.2.0_s390x", ".replies");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    g_autoptr(VirtCpuQemuCaps) silent = NULL;
    g_autofree char *xml = NULL;

    if (replies == NULL || older == NULL) {
        return;
    }
    silent = virtcpu_qemu_replies_read(older, "/usr/bin/qemu", VIRTCPU_VIRT_KVM, &error);
    g_assert_no_error(error);
    g_assert_null(silent->deprecated_properties);
    caps = virtcpu_qemu_replies_read(replies, "/usr/bin/qemu", VIRTCPU_VIRT_KVM, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(g_strv_length(caps->deprecated_properties), ==, G_N_ELEMENTS(names) - 1);
    xml = virtcpu_domaincaps_format(caps, virtcpu_qemu_caps_machine(caps, NULL), caps->arch, NULL,
                                    VIRTCPU_DOMAINCAPS_DISABLE_DEPRECATED);
    for (const char *const *name = names; *name != NULL; name++) {
        g_autofree char *line = g_strdup_printf("<feature policy='disable' name='%s'/>", *name);

        g_assert_true(g_strv_contains((const char *const *)caps->deprecated_properties, *name));
        g_assert_nonnull(strstr(xml, line));
    }
    g_assert_nonnull(strstr(xml, "<feature policy='require' name='cmm'/>"));
}

/* Every document the peer keeps is in one of the two tables. */
static void
test_all(void)
{
    const char *shared = g_getenv("VIRTCPU_TEST_SHARED");
    g_autofree char *path =
        g_build_filename(shared != NULL ? shared : "", "peer-data", "domaincaps", NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *file;

    if (dir == NULL) {
        g_test_skip("the peers' recordings are not here");
        return;
    }
    while ((file = g_dir_read_name(dir)) != NULL) {
        g_autofree char *name = g_strndup(file, strlen(file) - strlen(".xml"));
        gboolean found = FALSE;

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
            found = found || g_str_equal(rows[i].document, name);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(impossible); i++) {
            if (g_str_equal(impossible[i].document, name)) {
                g_test_message("not asked: %s: %s", name, impossible[i].reason);
                found = TRUE;
            }
        }
        if (!found) {
            g_error("no row for %s", name);
        }
    }
}

/* ---- machines and models ---- */

static int
compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* @lines sorted, one after another; the peer puts the default machine first. */
static char *
join_sorted(GPtrArray *lines)
{
    g_ptr_array_sort(lines, compare_lines);
    g_ptr_array_add(lines, NULL);
    return g_strjoinv("\n", (char **)lines->pdata);
}

static const char *
usable_word(VirtCpuTristate usable)
{
    return usable == VIRTCPU_TRISTATE_YES ? "yes" : usable == VIRTCPU_TRISTATE_NO ? "no" : NULL;
}

static char *
our_lines(const VirtCpuQemuCaps *caps)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < caps->machines->len; i++) {
        const VirtCpuQemuMachine *machine = caps->machines->pdata[i];

        g_ptr_array_add(lines,
                        g_strdup_printf("machine %s alias=%s max=%u hotplug=%d default=%d old=%d",
                                        machine->name, machine->alias, machine->max_cpus,
                                        machine->hotplug_cpus, machine->is_default,
                                        machine->deprecated));
    }
    for (guint i = 0; i < caps->models->len; i++) {
        const VirtCpuHvModel *model = caps->models->pdata[i];
        g_autofree char *blockers =
            model->blockers != NULL ? g_strjoinv(" ", model->blockers) : g_strdup("");

        g_ptr_array_add(lines,
                        g_strdup_printf("cpu %s usable=%s old=%d %s", model->name,
                                        usable_word(model->usable), model->deprecated, blockers));
    }
    return join_sorted(lines);
}

static gboolean
is_yes(xmlNode *node, const char *name)
{
    g_autofree char *value = virtcpu_xml_attribute(node, name);

    return g_strcmp0(value, "yes") == 0;
}

static char *
format_their_machine(xmlNode *node, const char *name)
{
    g_autofree char *alias = virtcpu_xml_attribute(node, "alias");
    g_autofree char *max = virtcpu_xml_attribute(node, "maxCpus");

    return g_strdup_printf("machine %s alias=%s max=%s hotplug=%d default=%d old=%d", name, alias,
                           max, is_yes(node, "hotplugCpus"), is_yes(node, "default"),
                           is_yes(node, "deprecated"));
}

static char *
format_their_model(xmlNode *node, const char *name)
{
    g_autofree char *usable = virtcpu_xml_attribute(node, "usable");
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *blockers = NULL;

    for (xmlNode *child = virtcpu_xml_child(node, "blocker"); child != NULL;
         child = virtcpu_xml_next(child)) {
        g_ptr_array_add(names, virtcpu_xml_attribute(child, "name"));
    }
    g_ptr_array_add(names, NULL);
    blockers = g_strjoinv(" ", (char **)names->pdata);
    return g_strdup_printf("cpu %s usable=%s old=%d %s", name, usable, is_yes(node, "deprecated"),
                           blockers);
}

static char *
their_lines(const char *xml, const char *accelerator)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(xml, &error);

    g_assert_no_error(error);
    for (xmlNode *node = xmlFirstElementChild(xmlDocGetRootElement(doc)); node != NULL;
         node = xmlNextElementSibling(node)) {
        g_autofree char *type = virtcpu_xml_attribute(node, "type");
        g_autofree char *name = virtcpu_xml_attribute(node, "name");

        if (g_strcmp0(type, accelerator) == 0 && g_str_equal((const char *)node->name, "machine")) {
            g_ptr_array_add(lines, format_their_machine(node, name));
        } else if (g_strcmp0(type, accelerator) == 0 &&
                   g_str_equal((const char *)node->name, "cpu")) {
            g_ptr_array_add(lines, format_their_model(node, name));
        }
    }
    return join_sorted(lines);
}

static void
check_recording(const char *recording, VirtCpuVirtType virt_type)
{
    g_autofree char *replies = read_file("qmp-replies", recording, ".replies");
    g_autofree char *xml = read_file("qmp-replies", recording, ".xml");
    g_autofree char *theirs = NULL;
    g_autofree char *ours = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuCaps) caps = NULL;

    if (replies == NULL || xml == NULL) {
        return;
    }
    caps = virtcpu_qemu_replies_read(replies, "/usr/bin/qemu", virt_type, &error);
    g_assert_no_error(error);
    theirs = their_lines(xml, virt_type == VIRTCPU_VIRT_KVM ? "kvm" : "tcg");
    ours = our_lines(caps);
    g_assert_cmpstr(ours, ==, theirs);
}

static void
test_kvm(gconstpointer recording)
{
    check_recording(recording, VIRTCPU_VIRT_KVM);
}

static void
test_tcg(gconstpointer recording)
{
    check_recording(recording, VIRTCPU_VIRT_QEMU);
}

/* ---- what there is ---- */

static void
add_test(const char *group, const char *name, gconstpointer data, GTestDataFunc function)
{
    g_autofree char *path = g_strdup_printf("/replies/%s/%s", group, name);

    g_test_add_data_func(path, data, function);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        add_test("domaincaps", rows[i].document, &rows[i], test_document);
    }
    g_test_add_func("/replies/domaincaps/all", test_all);
    g_test_add_func("/replies/deprecated", test_deprecated);
    for (gsize i = 0; i < G_N_ELEMENTS(recordings); i++) {
        if (recordings[i].has_kvm) {
            add_test("kvm", recordings[i].recording, recordings[i].recording, test_kvm);
        }
        add_test("tcg", recordings[i].recording, recordings[i].recording, test_tcg);
    }
    return g_test_run();
}
