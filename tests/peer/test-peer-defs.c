/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every <cpu> of the peers' samples: what libvirt printed is written as the same bytes; what users
 * wrote is written so that it reads the same again. */
#include "conf/cpu-def.h"
#include "conf/error.h"
#include "tests/peer/peer.h"

#include <string.h>

static const char *const folders[] = { "cpus", "compare-baseline", "qemu-args" };

/* Samples with something that is not run here. */
static const struct {
    const char *prefix;
    const char *message;
    const char *reason;
} refusals[] = {
    { "qemu-args/cpu-model-deprecated-features-off", "'deprecated_features'",
      "s390x's switch of libvirt 11, which only a QEMU there can judge" },
    { "qemu-args/cpu-numa-distance", "'distances'", "distances between guest NUMA cells" },
};

/* Ends of the names of files that libvirt wrote. */
static const char *const printed[] = {
    "-host.xml", "-guest.xml", "-json.xml", "-result.xml", "-latest.xml",
};

static gboolean
is_printed(const char *file)
{
    gboolean by_name = FALSE;

    for (gsize i = 0; i < G_N_ELEMENTS(printed); i++) {
        by_name = by_name || g_str_has_suffix(file, printed[i]);
    }
    /* the inputs of comparisons are named like the decoded CPUs */
    return by_name &&
           (!g_str_has_prefix(file, "compare-baseline/") || strstr(file, "-result") != NULL);
}

/* The <cpu> elements of @xml as they stand there, moved to the left edge (transfer full). */
static GPtrArray *
find_texts(const char *xml)
{
    g_autoptr(GRegex) regex =
        g_regex_new("^( *)<cpu(?:| [^>]*)(?:/>|>.*?^\\1</cpu>)\n",
                    G_REGEX_MULTILINE | G_REGEX_DOTALL, (GRegexMatchFlags)0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);

    for (g_regex_match(regex, xml, (GRegexMatchFlags)0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        g_autofree char *text = g_match_info_fetch(match, 0);
        g_autofree char *indent = g_match_info_fetch(match, 1);
        g_autofree char *at_edge = g_strconcat("^", indent, NULL);
        g_autoptr(GRegex) edge = g_regex_new(at_edge, G_REGEX_MULTILINE, (GRegexMatchFlags)0, NULL);

        g_ptr_array_add(texts,
                        g_regex_replace_literal(edge, text, -1, 0, "", (GRegexMatchFlags)0, NULL));
    }
    return texts;
}

/* @error must be a refusal that the table explains. */
static void
assert_explained(const char *file, const GError *error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
        if (g_str_has_prefix(file, refusals[i].prefix)) {
            g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_CONFIG_UNSUPPORTED);
            g_assert_nonnull(strstr(error->message, refusals[i].message));
            g_test_message("%s: refused: %s", file, refusals[i].reason);
            return;
        }
    }
    g_error("%s: %s", file, error->message);
}

static void
assert_kept(const VirtCpuDef *def, const char *written)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) again = NULL;
    g_autofree char *text = NULL;

    if (written[0] == '\0') {
        return; /* <cpu/> says nothing and is not written */
    }
    again = virtcpu_def_parse(written, def->type, &error);
    g_assert_no_error(error);
    text = virtcpu_def_to_xml(again);
    g_assert_cmpstr(text, ==, written);
}

static void
check_text(const char *file, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) def = virtcpu_def_parse(text, VIRTCPU_DEF_AUTO, &error);
    g_autofree char *written = NULL;

    if (def == NULL) {
        assert_explained(file, error);
        return;
    }
    written = virtcpu_def_to_xml(def);
    if (is_printed(file)) {
        g_assert_cmpstr(written, ==, text);
    }
    assert_kept(def, written);
}

static void
test_folder(gconstpointer data)
{
    const char *folder = data;
    const char *shared = g_getenv("VIRTCPU_TEST_SHARED");
    g_autofree char *path =
        g_build_filename(shared != NULL ? shared : "", "peer-data", folder, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    guint count = 0;

    if (dir == NULL) {
        g_test_skip("no peer data");
        return;
    }
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *file = g_build_filename(folder, name, NULL);
        g_autofree char *xml = g_str_has_suffix(name, ".xml") ? peer_read_xml(file) : NULL;
        g_autoptr(GPtrArray) texts = find_texts(xml != NULL ? xml : "");

        for (guint i = 0; i < texts->len; i++) {
            check_text(file, g_ptr_array_index(texts, i));
        }
        count += texts->len;
    }
    g_test_message("%u CPUs", count);
    g_assert_cmpuint(count, >, 20);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *path = g_strconcat("/peer-defs/", folders[i], NULL);

        g_test_add_data_func(path, folders[i], test_folder);
    }
    return g_test_run();
}
